-- AWS line items in FOCUS columns, one row per charge; a commitment's fee that was partly idle gives a second row for the idle part.
-- Sources: FOCUS 1.2, sections BilledCost, EffectiveCost, ListCost, ChargeClass, PricingCategory and attribute Discount Handling;
-- AWS CUR data dictionary; the amortised CASE of cloud-intelligence-dashboards-framework, summary_view.sql. How each kind of
-- line is treated: README.md of this pack.
with services as (
    select * from (values
        ('AmazonEC2', 'Amazon Elastic Compute Cloud', 'Compute', 'Virtual Machines'),
        ('AmazonS3', 'Amazon Simple Storage Service', 'Storage', 'Object Storage'),
        ('AmazonRDS', 'Amazon Relational Database Service', 'Databases', 'Relational Databases'),
        ('AWSLambda', 'AWS Lambda', 'Compute', 'Serverless Compute'),
        ('AmazonCloudWatch', 'AmazonCloudWatch', 'Management and Governance', 'Observability'),
        ('AWSELB', 'Elastic Load Balancing', 'Networking', 'Application Networking'),
        ('AmazonVPC', 'Amazon Virtual Private Cloud', 'Networking', 'Network Infrastructure'),
        ('AWSDataTransfer', 'AWS Data Transfer', 'Networking', 'Network Connectivity'),
        ('AmazonDynamoDB', 'Amazon DynamoDB', 'Databases', 'NoSQL Databases'),
        ('AmazonCloudFront', 'Amazon CloudFront', 'Networking', 'Content Delivery'),
        ('AmazonECS', 'Amazon Elastic Container Service', 'Compute', 'Containers'),
        ('AmazonEKS', 'Amazon Elastic Kubernetes Service', 'Compute', 'Containers'),
        ('AmazonECR', 'Amazon EC2 Container Registry (ECR)', 'Compute', 'Containers'),
        ('AmazonECRPublic', 'Amazon ECR Public', 'Compute', 'Containers'),
        ('AWSAppRunner', 'AWS App Runner', 'Compute', 'Containers'),
        ('AmazonEFS', 'Amazon Elastic File System', 'Storage', 'File Storage'),
        ('AmazonFSx', 'Amazon FSx', 'Storage', 'File Storage'),
        ('AmazonEBS', 'Amazon Elastic Block Store', 'Storage', 'Block Storage'),
        ('AmazonGlacier', 'Amazon S3 Glacier', 'Storage', 'Object Storage'),
        ('AmazonS3GlacierDeepArchive', 'Amazon S3 Glacier Deep Archive', 'Storage', 'Object Storage'),
        ('AWSBackup', 'AWS Backup', 'Storage', 'Backup Storage'),
        ('AWSStorageGateway', 'AWS Storage Gateway', 'Storage', 'Storage Platforms'),
        ('AWSStorageGatewayDeepArchive', 'AWS Storage Gateway Deep Archive', 'Storage', 'Storage Platforms'),
        ('AWSElasticDisasterRecovery', 'AWS Elastic Disaster Recovery', 'Management and Governance', 'Disaster Recovery'),
        ('IngestionServiceSnowball', 'AWS Snowball', 'Migration', 'Data Migration'),
        ('SnowballExtraDays', 'AWS Snowball Extra Days', 'Migration', 'Data Migration'),
        ('AmazonElastiCache', 'Amazon ElastiCache', 'Databases', 'Caching'),
        ('AmazonMemoryDB', 'Amazon MemoryDB', 'Databases', 'NoSQL Databases'),
        ('AmazonRedshift', 'Amazon Redshift', 'Databases', 'Data Warehouses'),
        ('AmazonDocDB', 'Amazon DocumentDB (with MongoDB compatibility)', 'Databases', 'NoSQL Databases'),
        ('AmazonNeptune', 'Amazon Neptune', 'Databases', 'NoSQL Databases'),
        ('AmazonMCS', 'Amazon Keyspaces (for Apache Cassandra)', 'Databases', 'NoSQL Databases'),
        ('AmazonTimestream', 'Amazon Timestream', 'Databases', 'Time Series Databases'),
        ('AmazonQLDB', 'Amazon Quantum Ledger Database', 'Databases', 'Ledger Databases'),
        ('AmazonManagedBlockchain', 'Amazon Managed Blockchain', 'Databases', 'Ledger Databases'),
        ('AmazonAthena', 'Amazon Athena', 'Analytics', 'Data Processing'),
        ('AWSGlue', 'AWS Glue', 'Analytics', 'Data Processing'),
        ('ElasticMapReduce', 'Amazon Elastic MapReduce', 'Analytics', 'Data Processing'),
        ('AmazonKinesis', 'Amazon Kinesis', 'Analytics', 'Streaming Analytics'),
        ('AmazonKinesisFirehose', 'Amazon Kinesis Firehose', 'Analytics', 'Streaming Analytics'),
        ('AmazonKinesisAnalytics', 'Amazon Kinesis Analytics', 'Analytics', 'Streaming Analytics'),
        ('AmazonMSK', 'Amazon Managed Streaming for Apache Kafka', 'Analytics', 'Streaming Analytics'),
        ('AmazonES', 'Amazon OpenSearch Service', 'Analytics', 'Search'),
        ('AmazonCloudSearch', 'Amazon CloudSearch', 'Analytics', 'Search'),
        ('AmazonQuickSight', 'Amazon QuickSight', 'Analytics', 'Business Intelligence'),
        ('AWSLakeFormation', 'AWS Lake Formation', 'Management and Governance', 'Data Governance'),
        ('AmazonDataZone', 'Amazon DataZone', 'Management and Governance', 'Data Governance'),
        ('AWSDataExchange', 'AWS Data Exchange', 'Analytics', 'Other (Analytics)'),
        ('AWSCleanRooms', 'AWS Clean Rooms', 'Analytics', 'Other (Analytics)'),
        ('AmazonFinSpace', 'Amazon FinSpace', 'Analytics', 'Analytics Platforms'),
        ('datapipeline', 'AWS Data Pipeline', 'Analytics', 'Data Processing'),
        ('AmazonMWAA', 'Amazon Managed Workflows for Apache Airflow', 'Integration', 'Workflow Orchestration'),
        ('AmazonStates', 'AWS Step Functions', 'Integration', 'Workflow Orchestration'),
        ('AmazonSWF', 'Amazon Simple Workflow Service', 'Integration', 'Workflow Orchestration'),
        ('AWSQueueService', 'Amazon Simple Queue Service', 'Integration', 'Messaging'),
        ('AmazonSNS', 'Amazon Simple Notification Service', 'Integration', 'Messaging'),
        ('AmazonMQ', 'Amazon MQ', 'Integration', 'Messaging'),
        ('AWSEvents', 'CloudWatch Events', 'Integration', 'Messaging'),
        ('AmazonApiGateway', 'Amazon API Gateway', 'Integration', 'API Management'),
        ('AWSAppSync', 'AWS AppSync', 'Integration', 'API Management'),
        ('AppFlow', 'Amazon AppFlow', 'Integration', 'Other (Integration)'),
        ('AWSAppFabric', 'AWS AppFabric', 'Integration', 'Other (Integration)'),
        ('AmazonRoute53', 'Amazon Route 53', 'Networking', 'Network Routing'),
        ('AWSDirectConnect', 'AWS Direct Connect', 'Networking', 'Network Connectivity'),
        ('AWSGlobalAccelerator', 'AWS Global Accelerator', 'Networking', 'Network Routing'),
        ('AWSCloudMap', 'AWS Cloud Map', 'Networking', 'Network Routing'),
        ('AWSCloudWAN', 'AWS Cloud WAN', 'Networking', 'Network Connectivity'),
        ('AWSPrivate5G', 'AWS Private 5G', 'Networking', 'Network Connectivity'),
        ('AWSNetworkFirewall', 'AWS Network Firewall', 'Networking', 'Network Security'),
        ('awswaf', 'AWS WAF', 'Security', 'Threat Detection and Response'),
        ('AWSShield', 'AWS Shield', 'Security', 'Threat Detection and Response'),
        ('AmazonGuardDuty', 'Amazon GuardDuty', 'Security', 'Threat Detection and Response'),
        ('AmazonInspector', 'Amazon Inspector', 'Security', 'Security Posture Management'),
        ('AmazonInspectorV2', 'Amazon Inspector', 'Security', 'Security Posture Management'),
        ('AmazonMacie', 'Amazon Macie', 'Security', 'Security Posture Management'),
        ('AmazonDetective', 'Amazon Detective', 'Security', 'Threat Detection and Response'),
        ('AmazonSecurityLake', 'Amazon Security Lake', 'Security', 'Security Posture Management'),
        ('AWSSecurityHub', 'AWS Security Hub', 'Security', 'Security Posture Management'),
        ('AWSFMS', 'AWS Firewall Manager', 'Security', 'Security Posture Management'),
        ('awskms', 'AWS Key Management Service', 'Security', 'Secret Management'),
        ('AWSSecretsManager', 'AWS Secrets Manager', 'Security', 'Secret Management'),
        ('CloudHSM', 'AWS CloudHSM', 'Security', 'Secret Management'),
        ('AWSCertificateManager', 'AWS Certificate Manager', 'Security', 'Secret Management'),
        ('AmazonVerifiedPermissions', 'Amazon Verified Permissions', 'Identity', 'Identity and Access Management'),
        ('AmazonCognito', 'Amazon Cognito', 'Identity', 'Identity and Access Management'),
        ('AmazonCognitoSync', 'Amazon Cognito Sync', 'Identity', 'Identity and Access Management'),
        ('AWSDirectoryService', 'AWS Directory Service', 'Identity', 'Identity and Access Management'),
        ('AWSIAMAccessAnalyzer', 'AWS IAM Access Analyzer', 'Identity', 'Identity and Access Management'),
        ('auditmanager', 'AWS Audit Manager', 'Management and Governance', 'Compliance'),
        ('AWSCloudTrail', 'AWS CloudTrail', 'Management and Governance', 'Observability'),
        ('AWSXRay', 'AWS X-Ray', 'Management and Governance', 'Observability'),
        ('AmazonGrafana', 'Amazon Managed Grafana', 'Management and Governance', 'Observability'),
        ('AmazonPrometheus', 'Amazon Managed Service for Prometheus', 'Management and Governance', 'Observability'),
        ('AWSConfig', 'AWS Config', 'Management and Governance', 'Compliance'),
        ('AWSSystemsManager', 'AWS Systems Manager', 'Management and Governance', 'Other (Management and Governance)'),
        ('AWSCloudFormation', 'AWS CloudFormation', 'Management and Governance', 'Other (Management and Governance)'),
        ('AWSServiceCatalog', 'AWS Service Catalog', 'Management and Governance', 'Other (Management and Governance)'),
        ('AWSResilienceHub', 'AWS Resilience Hub', 'Management and Governance', 'Other (Management and Governance)'),
        ('OpsWorks', 'AWS OpsWorks', 'Management and Governance', 'Other (Management and Governance)'),
        ('AWSBudgets', 'AWS Budgets', 'Management and Governance', 'Cost Management'),
        ('AWSCostExplorer', 'AWS Cost Explorer', 'Management and Governance', 'Cost Management'),
        ('AWSBillingConductor', 'AWS Billing Conductor', 'Management and Governance', 'Cost Management'),
        ('AWSSupportBusiness', 'AWS Support (Business)', 'Management and Governance', 'Support'),
        ('AWSSupportEnterprise', 'AWS Support (Enterprise)', 'Management and Governance', 'Support'),
        ('AWSDeveloperSupport', 'AWS Support (Developer)', 'Management and Governance', 'Support'),
        ('AWSEnterpriseOnRamp', 'AWS Support (Enterprise On-Ramp)', 'Management and Governance', 'Support'),
        ('ComputeSavingsPlans', 'Savings Plans for AWS Compute usage', 'Compute', 'Other (Compute)'),
        ('MachineLearningSavingsPlans', 'Savings Plans for AWS Machine Learning', 'AI and Machine Learning', 'Other (AI and Machine Learning)'),
        ('DatabaseSavingsPlans', 'Savings Plans for AWS Database usage', 'Databases', 'Other (Databases)'),
        ('AmazonLightsail', 'Amazon Lightsail', 'Compute', 'Virtual Machines'),
        ('AWSOutposts', 'AWS Outposts', 'Compute', 'Other (Compute)'),
        ('VMwareCloudOnAWS', 'VMware Cloud on AWS', 'Compute', 'Virtual Machines'),
        ('SimSpaceWeaver', 'AWS SimSpace Weaver', 'Compute', 'Other (Compute)'),
        ('AmazonBraket', 'Amazon Braket', 'Compute', 'Quantum Compute'),
        ('AmazonWorkSpaces', 'Amazon WorkSpaces', 'Compute', 'End User Computing'),
        ('AmazonWorkSpacesWeb', 'Amazon WorkSpaces Secure Browser', 'Compute', 'End User Computing'),
        ('AmazonAppStream', 'Amazon AppStream', 'Compute', 'End User Computing'),
        ('AWSCloudShell', 'AWS CloudShell', 'Developer Tools', 'Development Environments'),
        ('AWSCloud9', 'AWS Cloud9', 'Developer Tools', 'Development Environments'),
        ('AmazonSageMaker', 'Amazon SageMaker', 'AI and Machine Learning', 'Machine Learning'),
        ('AmazonBedrock', 'Amazon Bedrock', 'AI and Machine Learning', 'Generative AI'),
        ('AmazonQ', 'Amazon Q', 'AI and Machine Learning', 'Generative AI'),
        ('AmazonCodeWhisperer', 'Amazon CodeWhisperer', 'AI and Machine Learning', 'Generative AI'),
        ('AmazonRekognition', 'Amazon Rekognition', 'AI and Machine Learning', 'Machine Learning'),
        ('AmazonTextract', 'Amazon Textract', 'AI and Machine Learning', 'Machine Learning'),
        ('AmazonPolly', 'Amazon Polly', 'AI and Machine Learning', 'Natural Language Processing'),
        ('AmazonLex', 'Amazon Lex', 'AI and Machine Learning', 'Bots'),
        ('comprehend', 'Amazon Comprehend', 'AI and Machine Learning', 'Natural Language Processing'),
        ('transcribe', 'Amazon Transcribe', 'AI and Machine Learning', 'Natural Language Processing'),
        ('translate', 'Amazon Translate', 'AI and Machine Learning', 'Natural Language Processing'),
        ('AmazonKendra', 'Amazon Kendra', 'AI and Machine Learning', 'Natural Language Processing'),
        ('AmazonPersonalize', 'Amazon Personalize', 'AI and Machine Learning', 'Machine Learning'),
        ('AmazonForecast', 'Amazon Forecast', 'AI and Machine Learning', 'Machine Learning'),
        ('AmazonFraudDetector', 'Amazon Fraud Detector', 'AI and Machine Learning', 'Machine Learning'),
        ('AmazonDevOpsGuru', 'Amazon DevOps Guru', 'AI and Machine Learning', 'Machine Learning'),
        ('AmazonA2I', 'Amazon Augmented AI', 'AI and Machine Learning', 'Machine Learning'),
        ('AmazonHealthLake', 'Amazon HealthLake', 'AI and Machine Learning', 'Other (AI and Machine Learning)'),
        ('AmazonOmics', 'AWS HealthOmics', 'AI and Machine Learning', 'Other (AI and Machine Learning)'),
        ('AmazonMonitron', 'Amazon Monitron', 'AI and Machine Learning', 'Machine Learning'),
        ('AmazonLookoutVision', 'Amazon Lookout for Vision', 'AI and Machine Learning', 'Machine Learning'),
        ('AmazonLookoutMetrics', 'Amazon Lookout for Metrics', 'AI and Machine Learning', 'Machine Learning'),
        ('AmazonLookoutEquipment', 'Amazon Lookout for Equipment', 'AI and Machine Learning', 'Machine Learning'),
        ('AWSDeepRacer', 'AWS DeepRacer', 'AI and Machine Learning', 'Machine Learning'),
        ('CodeBuild', 'AWS CodeBuild', 'Developer Tools', 'Continuous Integration and Deployment'),
        ('AWSCodePipeline', 'AWS CodePipeline', 'Developer Tools', 'Continuous Integration and Deployment'),
        ('AWSCodeDeploy', 'AWS CodeDeploy', 'Developer Tools', 'Continuous Integration and Deployment'),
        ('AWSCodeCommit', 'AWS CodeCommit', 'Developer Tools', 'Source Code Management'),
        ('AWSCodeArtifact', 'AWS CodeArtifact', 'Developer Tools', 'Source Code Management'),
        ('CodeCatalyst', 'Amazon CodeCatalyst', 'Developer Tools', 'Developer Platforms'),
        ('CodeGuru', 'Amazon CodeGuru', 'Developer Tools', 'Quality Assurance'),
        ('AWSDeviceFarm', 'AWS Device Farm', 'Developer Tools', 'Quality Assurance'),
        ('AWSAmplify', 'AWS Amplify', 'Web', 'Application Platforms'),
        ('AWSIoT', 'AWS IoT', 'Internet of Things', 'IoT Platforms'),
        ('AWSIoTAnalytics', 'AWS IoT Analytics', 'Internet of Things', 'IoT Analytics'),
        ('AWSIoTEvents', 'AWS IoT Events', 'Internet of Things', 'IoT Platforms'),
        ('AWSIoTSiteWise', 'AWS IoT SiteWise', 'Internet of Things', 'IoT Platforms'),
        ('AWSIoTFleetWise', 'AWS IoT FleetWise', 'Internet of Things', 'IoT Platforms'),
        ('AWSGreengrass', 'AWS IoT Greengrass', 'Internet of Things', 'IoT Platforms'),
        ('IoTDeviceDefender', 'AWS IoT Device Defender', 'Internet of Things', 'IoT Platforms'),
        ('IoTDeviceManagement', 'AWS IoT Device Management', 'Internet of Things', 'IoT Platforms'),
        ('IoTTwinMaker', 'AWS IoT TwinMaker', 'Internet of Things', 'IoT Platforms'),
        ('AWSElementalMediaConvert', 'AWS Elemental MediaConvert', 'Media', 'Other (Media)'),
        ('AWSElementalMediaLive', 'AWS Elemental MediaLive', 'Media', 'Media Streaming'),
        ('AWSElementalMediaPackage', 'AWS Elemental MediaPackage', 'Media', 'Media Streaming'),
        ('AWSElementalMediaStore', 'AWS Elemental MediaStore', 'Media', 'Media Streaming'),
        ('AWSElementalMediaTailor', 'AWS Elemental MediaTailor', 'Media', 'Media Streaming'),
        ('AWSMediaConnect', 'AWS Elemental MediaConnect', 'Media', 'Media Streaming'),
        ('AmazonIVS', 'Amazon Interactive Video Service', 'Media', 'Media Streaming'),
        ('AmazonKinesisVideo', 'Amazon Kinesis Video Streams', 'Media', 'Media Streaming'),
        ('AmazonETS', 'Amazon Elastic Transcoder', 'Media', 'Other (Media)'),
        ('AmazonGameLift', 'Amazon GameLift', 'Media', 'Gaming'),
        ('AWSDataSync', 'AWS DataSync', 'Migration', 'Data Migration'),
        ('AWSTransfer', 'AWS Transfer Family', 'Migration', 'Data Migration'),
        ('AWSDatabaseMigrationSvc', 'AWS Database Migration Service', 'Migration', 'Data Migration'),
        ('AWSApplicationMigrationSvc', 'AWS Application Migration Service', 'Migration', 'Resource Migration'),
        ('AWSM2', 'AWS Mainframe Modernization', 'Migration', 'Resource Migration'),
        ('AWSMigrationHubRefactorSpaces', 'AWS Migration Hub Refactor Spaces', 'Migration', 'Resource Migration'),
        ('AmazonConnect', 'Amazon Connect', 'Business Applications', 'Other (Business Applications)'),
        ('AmazonSES', 'Amazon Simple Email Service', 'Business Applications', 'Other (Business Applications)'),
        ('AmazonPinpoint', 'Amazon Pinpoint', 'Business Applications', 'Other (Business Applications)'),
        ('AmazonWorkMail', 'Amazon WorkMail', 'Business Applications', 'Productivity and Collaboration'),
        ('AmazonWorkDocs', 'Amazon WorkDocs', 'Business Applications', 'Productivity and Collaboration'),
        ('AmazonChime', 'Amazon Chime', 'Business Applications', 'Productivity and Collaboration'),
        ('AmazonChimeServices', 'Amazon Chime SDK', 'Business Applications', 'Productivity and Collaboration'),
        ('AWSWickr', 'AWS Wickr', 'Business Applications', 'Productivity and Collaboration'),
        ('AmazonLocationService', 'Amazon Location Service', 'Web', 'Other (Web)'),
        ('AWSGroundStation', 'AWS Ground Station', 'Other', 'Other (Other)'),
        ('AWSRoboMaker', 'AWS RoboMaker', 'Other', 'Other (Other)'),
        ('OCBPremiumSupport', 'AWS Premium Support', 'Management and Governance', 'Support')
    ) as t (product_code, service_name, service_category, service_subcategory)
),

regions as (
    select * from (values
        ('us-east-1', 'US East (N. Virginia)'),
        ('us-east-2', 'US East (Ohio)'),
        ('us-west-1', 'US West (N. California)'),
        ('us-west-2', 'US West (Oregon)'),
        ('sa-east-1', 'South America (Sao Paulo)'),
        ('ca-central-1', 'Canada (Central)'),
        ('ca-west-1', 'Canada West (Calgary)'),
        ('mx-central-1', 'Mexico (Central)'),
        ('eu-central-1', 'Europe (Frankfurt)'),
        ('eu-central-2', 'Europe (Zurich)'),
        ('eu-west-1', 'Europe (Ireland)'),
        ('eu-west-2', 'Europe (London)'),
        ('eu-west-3', 'Europe (Paris)'),
        ('eu-north-1', 'Europe (Stockholm)'),
        ('eu-south-1', 'Europe (Milan)'),
        ('eu-south-2', 'Europe (Spain)'),
        ('ap-south-1', 'Asia Pacific (Mumbai)'),
        ('ap-south-2', 'Asia Pacific (Hyderabad)'),
        ('ap-southeast-1', 'Asia Pacific (Singapore)'),
        ('ap-southeast-2', 'Asia Pacific (Sydney)'),
        ('ap-southeast-3', 'Asia Pacific (Jakarta)'),
        ('ap-southeast-4', 'Asia Pacific (Melbourne)'),
        ('ap-southeast-5', 'Asia Pacific (Malaysia)'),
        ('ap-southeast-6', 'Asia Pacific (New Zealand)'),
        ('ap-southeast-7', 'Asia Pacific (Thailand)'),
        ('ap-northeast-1', 'Asia Pacific (Tokyo)'),
        ('ap-northeast-2', 'Asia Pacific (Seoul)'),
        ('ap-northeast-3', 'Asia Pacific (Osaka)'),
        ('ap-east-1', 'Asia Pacific (Hong Kong)'),
        ('ap-east-2', 'Asia Pacific (Taipei)'),
        ('me-south-1', 'Middle East (Bahrain)'),
        ('me-central-1', 'Middle East (UAE)'),
        ('il-central-1', 'Israel (Tel Aviv)'),
        ('af-south-1', 'Africa (Cape Town)'),
        ('cn-north-1', 'China (Beijing)'),
        ('cn-northwest-1', 'China (Ningxia)'),
        ('us-gov-east-1', 'AWS GovCloud (US-East)'),
        ('us-gov-west-1', 'AWS GovCloud (US-West)')
    ) as t (region_id, region_name)
),

units as (
    select * from (values
        ('Hrs', 'Hours'),
        ('Hours', 'Hours'),
        ('hours', 'Hours'),
        ('Hour', 'Hours'),
        ('GB', 'GB'),
        ('GB-Mo', 'GB-Months'),
        ('GB-Month', 'GB-Months'),
        ('GB-month', 'GB-Months'),
        ('Requests', 'Requests'),
        ('Request', 'Requests'),
        ('API Requests', 'API Requests'),
        ('API Request', 'API Requests'),
        ('API Calls', 'API Calls'),
        ('Events', 'Events'),
        ('Quantity', 'Units'),
        ('Obj-Month', 'Object-Months'),
        ('Objects', 'Objects'),
        ('Bucket-Mo', 'Bucket-Months'),
        ('LCU-Hrs', 'LCU-Hours'),
        ('Lambda-GB-Second', 'GB-Seconds'),
        ('GB-Second', 'GB-Seconds'),
        ('GB-Seconds', 'GB-Seconds'),
        ('GB-Hours', 'GB-Hours'),
        ('GB-Hrs', 'GB-Hours'),
        ('Second', 'Seconds'),
        ('Seconds', 'Seconds'),
        ('seconds', 'Seconds'),
        ('Minutes', 'Minutes'),
        ('minutes', 'Minutes'),
        ('Minute', 'Minutes'),
        ('vCPU-Hours', 'vCPU-Hours'),
        ('vCPU-Hrs', 'vCPU-Hours'),
        ('vCPU-Months', 'vCPU-Months'),
        ('ACU-Hr', 'ACU-Hours'),
        ('ACU-Hrs', 'ACU-Hours'),
        ('DPU-Hour', 'DPU-Hours'),
        ('DPU-Hours', 'DPU-Hours'),
        ('IOPS-Mo', 'IOPS-Months'),
        ('IOs', 'IOs'),
        ('GiBps-mo', 'GiBps-Months'),
        ('MiBps-Mo', 'MiBps-Months'),
        ('MBPS-Mo', 'MBps-Months'),
        ('ReadCapacityUnit-Hrs', 'ReadCapacityUnit-Hours'),
        ('WriteCapacityUnit-Hrs', 'WriteCapacityUnit-Hours'),
        ('ReadRequestUnits', 'ReadRequestUnits'),
        ('WriteRequestUnits', 'WriteRequestUnits'),
        ('User-Mo', 'User-Months'),
        ('User-Month', 'User-Months'),
        ('1K tokens', '1000 Tokens'),
        ('1K Tokens', '1000 Tokens'),
        ('1M tokens', '1000000 Tokens'),
        ('1M Tokens', '1000000 Tokens'),
        ('Terabytes', 'TB'),
        ('User', 'Users'),
        ('Users', 'Users'),
        ('Keys', 'Keys'),
        ('Key-Months', 'Key-Months'),
        ('Dashboards', 'Dashboards'),
        ('Alarms', 'Alarms'),
        ('Metrics', 'Metrics'),
        ('Operations', 'Operations'),
        ('Messages', 'Messages'),
        ('Notifications', 'Notifications'),
        ('Month', 'Months'),
        ('Months', 'Months'),
        ('Mo', 'Months'),
        ('Queries', 'Queries'),
        ('Jobs', 'Jobs'),
        ('Secrets', 'Secrets'),
        ('HostedZone', 'Hosted Zones'),
        ('Dollar', 'USD')
    ) as t (delivered_unit, focus_unit)
),

-- A line is one row; a commitment's fee with an idle part is two. A join with three rows costs less than reading the fees again.
row_parts as (
    select * from (values ('one', 'charge'), ('two', 'charge'), ('two', 'unused')) as t (row_count, row_part)
),

-- Every line but two kinds: split cost allocation repeats its parent instance, and a negation undoes the covered usage beside it.
lines as (
    select
        line_item_line_item_type                                  as line_type,
        case
            when line_item_line_item_type in ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage', 'EdpDiscount', 'PrivateRateDiscount',
                'BundledDiscount', 'SppDiscount', 'RiVolumeDiscount', 'DistributorDiscount', 'Discount') then 'Usage'
            when line_item_line_item_type in ('RIFee', 'Fee', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee') then 'Purchase'
            when line_item_line_item_type = 'Tax' then 'Tax'
            when line_item_line_item_type = 'Credit' then 'Credit'
            when line_item_line_item_type <> 'Refund' then 'Adjustment'
            when line_item_tax_type is not null then 'Tax'
            when reservation_reservation_a_r_n is not null or savings_plan_savings_plan_a_r_n is not null
                or line_item_product_code like '%SavingsPlans' then 'Purchase'
            else 'Usage'
        end                                                       as line_category,
        case
            when line_item_line_item_type = 'Refund'
                and (bill_bill_type = 'Refund' or cv_date(line_item_usage_start_date) < billing_period) then 'Correction'
        end                                                       as charge_class,
        ---------- money: what AWS bills is the net column where it delivers one
        case
            when line_item_line_item_type = 'SavingsPlanCoveredUsage' then cast(0 as decimal(38, 21))
            else coalesce(cv_decimal(line_item_net_unblended_cost), cv_decimal(line_item_unblended_cost))
        end                                                       as line_cost,
        case
            when line_item_line_item_type = 'DiscountedUsage'
                then coalesce(cv_decimal(reservation_net_effective_cost), cv_decimal(reservation_effective_cost))
            when line_item_line_item_type = 'SavingsPlanCoveredUsage'
                then coalesce(cv_decimal(savings_plan_net_savings_plan_effective_cost), cv_decimal(savings_plan_savings_plan_effective_cost))
            when line_item_line_item_type in ('RIFee', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee') then cast(0 as decimal(38, 21))
            when line_item_line_item_type = 'Fee' and reservation_reservation_a_r_n is not null then cast(0 as decimal(38, 21))
            when line_item_line_item_type = 'Refund' and line_item_tax_type is null
                and (reservation_reservation_a_r_n is not null or savings_plan_savings_plan_a_r_n is not null
                    or line_item_product_code like '%SavingsPlans') then cast(0 as decimal(38, 21))
        end                                                       as amortised,
        cv_decimal(pricing_public_on_demand_cost)                 as public_cost,
        case
            when line_item_line_item_type = 'SavingsPlanCoveredUsage' then cv_decimal(line_item_unblended_cost)
        end                                                       as covered_cost,
        cv_decimal(line_item_usage_amount)                        as quantity,
        cv_decimal(pricing_public_on_demand_rate)                 as public_rate,
        coalesce(cv_decimal(line_item_net_unblended_rate), cv_decimal(line_item_unblended_rate)) as unblended_rate,
        -- Once more as doubles, for comparing rates with costs and for unit prices that AWS leaves out. Never for a cost: reading the text
        -- again is 30 times cheaper than turning a 38 digit decimal into a double.
        cast(nullif(line_item_usage_amount, '') as double)        as quantity_double,
        cast(nullif(pricing_public_on_demand_rate, '') as double) as public_rate_double,
        cast(nullif(coalesce(line_item_net_unblended_rate, line_item_unblended_rate), '') as double) as unblended_rate_double,
        cast(nullif(pricing_public_on_demand_cost, '') as double) as public_double,
        case
            when line_item_line_item_type = 'SavingsPlanCoveredUsage' then cast(nullif(line_item_unblended_cost, '') as double)
            else cast(nullif(coalesce(line_item_net_unblended_cost, line_item_unblended_cost), '') as double)
        end                                                       as paid_double,
        case when line_item_net_unblended_cost is null then 'unblended' else 'net' end as cost_basis,
        case
            when line_item_line_item_type in ('DiscountedUsage', 'SavingsPlanCoveredUsage', 'RIFee', 'Fee', 'Refund',
                'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee')
                then coalesce(savings_plan_savings_plan_a_r_n, reservation_reservation_a_r_n)
        end                                                       as commitment_id,
        case
            when line_item_line_item_type in ('DiscountedUsage', 'SavingsPlanCoveredUsage')
                and (savings_plan_savings_plan_a_r_n is not null or reservation_reservation_a_r_n is not null) then 'Used'
        end                                                       as line_status,
        case
            when line_item_line_item_type = 'SavingsPlanRecurringFee' then cv_decimal(savings_plan_total_commitment_to_date)
            when line_item_line_item_type = 'SavingsPlanUpfrontFee' then cv_decimal(line_item_unblended_cost)
            when line_item_line_item_type = 'Fee' then cv_decimal(reservation_total_reserved_units)
        end                                                       as commitment_quantity,
        ---------- the idle part of a commitment, which AWS reports inside the fee and FOCUS wants as usage that nobody used
        case
            when line_item_line_item_type = 'SavingsPlanRecurringFee'
                then cv_decimal(savings_plan_total_commitment_to_date) - cv_decimal(savings_plan_used_commitment)
            when line_item_line_item_type = 'RIFee' then
                coalesce(cv_decimal(reservation_net_unused_amortized_upfront_fee_for_billing_period),
                    cv_decimal(reservation_unused_amortized_upfront_fee_for_billing_period), 0)
                + coalesce(cv_decimal(reservation_net_unused_recurring_fee), cv_decimal(reservation_unused_recurring_fee), 0)
        end                                                       as unused_cost,
        case when line_item_line_item_type = 'RIFee' then cv_decimal(reservation_unused_quantity) end as unused_quantity,
        ---------- as delivered
        billing_period, bill_invoice_id, bill_invoicing_entity, bill_billing_entity, bill_payer_account_id, bill_payer_account_name,
        line_item_usage_account_id, line_item_usage_account_name, line_item_usage_start_date, line_item_usage_end_date,
        line_item_product_code, line_item_usage_type, line_item_operation, line_item_availability_zone, line_item_resource_id,
        line_item_currency_code, line_item_line_item_description, line_item_legal_entity, savings_plan_savings_plan_a_r_n,
        product_product_name, product_servicename, product_product_family, product_sku, product_instance_type,
        product_region_code, product_region, product_from_region_code, product_location,
        pricing_rate_code, pricing_term, pricing_unit, pricing_currency,
        capacity_reservation_capacity_reservation_arn, capacity_reservation_capacity_reservation_status,
        resource_tags, resource_tag_columns, cost_category, cost_category_columns,
        identity_line_item_id, source_file_name, source_row_number, raw_ingestion_id
    from bronze.aws_cur_line_items
    where billing_period >= $period_first
        and billing_period < $period_end
        and line_item_line_item_type <> 'SavingsPlanNegation'
        and coalesce(line_item_operation, '') not in ('EKSPod-EC2', 'ECSTask-EC2')
),

charges as (
    select l.*, p.row_part
    from (select *, case when unused_cost <> 0 then 'two' else 'one' end as row_count from lines) as l
    join row_parts as p on p.row_count = l.row_count

    union all

    -- Covered usage and its negations cancel out. Where they do not, the remainder is billed, and stays visible as one row per plan.
    select
        'SavingsPlanNegation', 'Usage', null, sum(cost), cast(0 as decimal(38, 21)), cast(0 as decimal(38, 21)), null, null, null, null,
        null, null, null, null, null, 'unblended', commitment_id, null, null, null, null,
        billing_period, max(bill_invoice_id), max(bill_invoicing_entity), max(bill_billing_entity), bill_payer_account_id, max(bill_payer_account_name),
        min(line_item_usage_account_id), min(line_item_usage_account_name), min(line_item_usage_start_date), max(line_item_usage_end_date),
        min(line_item_product_code), null, null, null, commitment_id,
        line_item_currency_code, 'Covered usage that no negation takes back', max(line_item_legal_entity), commitment_id,
        min(product_product_name), min(product_servicename), null, null, null,
        null, null, null, null,
        null, null, null, max(pricing_currency), null, null,
        null, null, null, null,
        null, min(source_file_name), min(source_row_number), min(raw_ingestion_id),
        'one', 'negation_remainder'
    from (
        select
            *,
            savings_plan_savings_plan_a_r_n                       as commitment_id,
            coalesce(cv_decimal(line_item_net_unblended_cost), cv_decimal(line_item_unblended_cost)) as cost
        from bronze.aws_cur_line_items
        where billing_period >= $period_first
            and billing_period < $period_end
            and line_item_line_item_type in ('SavingsPlanCoveredUsage', 'SavingsPlanNegation')
    ) as covered
    group by billing_period, bill_payer_account_id, line_item_currency_code, commitment_id
    having sum(cost) <> 0
),

-- The four costs. A purchase, a credit, a tax and a discount have no list price of their own.
costed as (
    select
        *,
        case when row_part = 'unused' then 'Usage' else line_category end as charge_category,
        case when row_part = 'unused' then cast(0 as decimal(38, 21)) else line_cost end as billed,
        case when row_part = 'unused' then unused_cost else coalesce(amortised, line_cost) end as effective,
        case
            when row_part = 'unused' then unused_cost
            when line_type in ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage')
                then coalesce(case when public_cost <> 0 then public_cost end, covered_cost, line_cost)
            when line_category = 'Usage' and line_type <> 'Refund' then cast(0 as decimal(38, 21))
            else line_cost
        end                                                       as list,
        case
            when row_part = 'unused' then unused_cost
            when row_part = 'negation_remainder' then cast(0 as decimal(38, 21))
            when line_type = 'SavingsPlanCoveredUsage' then covered_cost
            when line_type = 'DiscountedUsage' then coalesce(case when public_cost <> 0 then public_cost end, line_cost)
            else line_cost
        end                                                       as contracted,
        case when line_type <> 'RIFee' and public_double <> 0 then public_double else paid_double end as list_double,
        case when line_type = 'DiscountedUsage' and public_double <> 0 then public_double else paid_double end as contracted_double,
        case when row_part = 'unused' then case when commitment_id is not null then 'Unused' end else line_status end as commitment_status,
        case when row_part = 'unused' then commitment_id else line_item_resource_id end as resource_id,
        -- Rows that the contract prices: usage and purchases, unless they correct an invoice of the past.
        line_category in ('Usage', 'Purchase') and charge_class is null as is_priced,
        coalesce(savings_plan_savings_plan_a_r_n, '') <> ''       as is_savings_plan,
        coalesce(product_region_code, product_region, product_from_region_code) as delivered_region_id
    from charges
),

-- Metered rows are priced by quantity and rate; the others (fees without a rate, discounts, amounts against the sign of their
-- quantity) by their amount at a price of 1, so that price times quantity is the cost.
priced as (
    select
        *,
        row_part = 'charge'
            and line_type in ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage', 'RIFee')
            and coalesce((quantity_double > 0 and list_double >= 0 and contracted_double >= 0)
                or (quantity_double < 0 and list_double <= 0 and contracted_double <= 0), false) as is_metered,
        case
            when commitment_id is null or not is_priced or row_part = 'negation_remainder' then null
            when row_part = 'unused' then case when line_type = 'RIFee' then unused_quantity else unused_cost end
            when charge_category = 'Purchase' then coalesce(commitment_quantity, quantity)
            when is_savings_plan then effective
            else quantity
        end                                                       as commitment_discount_quantity
    from costed
),

unit_priced as (
    select
        *,
        case
            when not is_priced then null
            when not is_metered then
                case when list = contracted or contracted = 0 then cast(1 as decimal(38, 21)) when list = 0 then cast(0 as decimal(38, 21)) end
            when abs(public_rate_double * quantity_double - list_double) <= 5e-10 then public_rate
            else cast(list_double / quantity_double as decimal(38, 21))
        end                                                       as list_unit_price,
        case
            when not is_priced then null
            when not is_metered then case when contracted = 0 and list <> 0 then cast(0 as decimal(38, 21)) else cast(1 as decimal(38, 21)) end
            when abs(unblended_rate_double * quantity_double - contracted_double) <= 5e-10 then unblended_rate
            when abs(public_rate_double * quantity_double - contracted_double) <= 5e-10 then public_rate
            else cast(contracted_double / quantity_double as decimal(38, 21))
        end                                                       as contracted_unit_price
    from priced
)

select
    ---------- keys
    billing_period,
    'AWS'                                                         as x_Provider,
    source_file_name                                              as x_SourceFile,
    source_row_number                                             as x_SourceRow,
    row_part                                                      as x_RowPart,
    raw_ingestion_id                                              as x_RawIngestionId,
    identity_line_item_id                                         as x_LineItemId,
    line_type                                                     as x_LineItemType,
    cost_basis                                                    as x_CostBasis,

    ---------- money, in BillingCurrency
    billed                                                        as BilledCost,
    effective                                                     as EffectiveCost,
    coalesce(list, billed)                                        as ListCost,
    coalesce(contracted, billed)                                  as ContractedCost,
    line_item_currency_code                                       as BillingCurrency,

    ---------- prices
    list_unit_price                                               as ListUnitPrice,
    contracted_unit_price                                         as ContractedUnitPrice,
    -- AWS states prices in the currency it bills in; where the two ever differ we know no rate and say nothing.
    coalesce(pricing_currency, line_item_currency_code)           as PricingCurrency,
    case when coalesce(pricing_currency, line_item_currency_code) = line_item_currency_code then list_unit_price end as PricingCurrencyListUnitPrice,
    case
        when coalesce(pricing_currency, line_item_currency_code) = line_item_currency_code then contracted_unit_price
    end                                                           as PricingCurrencyContractedUnitPrice,
    case when coalesce(pricing_currency, line_item_currency_code) = line_item_currency_code then effective end as PricingCurrencyEffectiveCost,
    case
        when not is_priced then null
        when is_metered then quantity
        when contracted = 0 then list
        else contracted
    end                                                           as PricingQuantity,
    case
        when not is_priced then null
        when is_metered then coalesce(u.focus_unit, replace(replace(pricing_unit, '-Mo', '-Months'), '-Hrs', '-Hours'), 'Units')
        else line_item_currency_code
    end                                                           as PricingUnit,
    case
        when not is_priced then null
        when commitment_status is not null or line_type in ('DiscountedUsage', 'SavingsPlanCoveredUsage') then 'Committed'
        when charge_category = 'Purchase' then 'Standard'
        when line_type <> 'Usage' then 'Other'
        when line_item_usage_type like '%SpotUsage%' then 'Dynamic'
        else 'Standard'
    end                                                           as PricingCategory,
    case when charge_category = 'Usage' and row_part = 'charge' and charge_class is null then coalesce(quantity, 0) end as ConsumedQuantity,
    case
        when charge_category = 'Usage' and row_part = 'charge' and charge_class is null
            then coalesce(u.focus_unit, replace(replace(pricing_unit, '-Mo', '-Months'), '-Hrs', '-Hours'), 'Units')
    end                                                           as ConsumedUnit,

    ---------- what it is
    charge_category                                               as ChargeCategory,
    charge_class                                                  as ChargeClass,
    case
        when row_part = 'unused' then 'Unused: ' || coalesce(line_item_line_item_description, line_item_product_code)
        else line_item_line_item_description
    end                                                           as ChargeDescription,
    case
        when charge_category = 'Usage' then 'Usage-Based'
        when line_type in ('RIFee', 'SavingsPlanRecurringFee') then 'Recurring'
        else 'One-Time'
    end                                                           as ChargeFrequency,
    cv_timestamp(line_item_usage_start_date)                      as ChargePeriodStart,
    cv_timestamp(line_item_usage_end_date)                        as ChargePeriodEnd,
    coalesce(s.service_category, 'Other')                         as ServiceCategory,
    coalesce(s.service_subcategory, 'Other (Other)')              as ServiceSubcategory,
    coalesce(s.service_name, product_product_name, product_servicename, line_item_product_code) as ServiceName,
    case
        when is_priced then coalesce(product_sku, line_item_product_code || ':' || line_item_usage_type, line_item_product_code)
        when charge_category <> 'Tax' then product_sku
    end                                                           as SkuId,
    case
        when is_priced then coalesce(line_item_usage_type, product_product_family, line_item_product_code)
        when charge_category <> 'Tax' and product_sku is not null then coalesce(line_item_usage_type, product_product_family, line_item_product_code)
    end                                                           as SkuMeter,
    case
        when is_priced then coalesce(
            pricing_rate_code,
            coalesce(product_sku, line_item_product_code || ':' || line_item_usage_type, line_item_product_code) || '.' || coalesce(pricing_term, 'OnDemand'))
        when charge_category <> 'Tax' then pricing_rate_code
    end                                                           as SkuPriceId,
    case
        when is_priced and product_instance_type is not null then '{"InstanceType":"' || product_instance_type || '"}'
    end                                                           as SkuPriceDetails,

    ---------- who and where
    coalesce(bill_invoicing_entity, bill_billing_entity, 'AWS')   as InvoiceIssuerName,
    coalesce(bill_invoicing_entity, bill_billing_entity, 'AWS')   as ProviderName,
    coalesce(bill_invoicing_entity, bill_billing_entity, 'AWS')   as ServiceProviderName,
    'AWS'                                                         as HostProviderName,
    coalesce(line_item_legal_entity, bill_invoicing_entity, bill_billing_entity, 'AWS') as PublisherName,
    bill_invoice_id                                               as InvoiceId,
    bill_payer_account_id                                         as BillingAccountId,
    coalesce(bill_payer_account_name, bill_payer_account_id)      as BillingAccountName,
    'Payer Account'                                               as BillingAccountType,
    line_item_usage_account_id                                    as SubAccountId,
    coalesce(line_item_usage_account_name, line_item_usage_account_id) as SubAccountName,
    case when line_item_usage_account_id is not null then 'Linked Account' end as SubAccountType,
    cv_day_start(billing_period)                                  as BillingPeriodStart,
    cv_day_start(cv_add_months(billing_period, 1))                as BillingPeriodEnd,
    delivered_region_id                                           as RegionId,
    case when delivered_region_id is not null then coalesce(r.region_name, product_location, delivered_region_id) end as RegionName,
    case
        when row_part = 'charge' and line_item_availability_zone <> coalesce(delivered_region_id, '') then line_item_availability_zone
    end                                                           as AvailabilityZone,
    case when charge_category = 'Purchase' and commitment_id is not null then commitment_id else resource_id end as ResourceId,
    cast(null as varchar)                                         as ResourceName,
    case
        when commitment_id is not null and (charge_category = 'Purchase' or row_part <> 'charge')
            then case when is_savings_plan then 'Savings Plan' else 'Reserved Instance' end
        when resource_id is null then null
        when resource_id like 'i-%' then 'instance'
        when resource_id like 'vol-%' then 'volume'
        when resource_id like 'snap-%' then 'snapshot'
        when line_item_product_code = 'AmazonS3' then 'bucket'
        when resource_id not like 'arn:%' then coalesce(product_product_family, line_item_product_code)
        when cv_split_part(resource_id, ':', 6) like '%/%'
            then cv_split_part(cv_split_part(resource_id, ':', 6), '/', 1)
        when cv_split_part(resource_id, ':', 7) <> '' then cv_split_part(resource_id, ':', 6)
        else cv_split_part(resource_id, ':', 3)
    end                                                           as ResourceType,
    coalesce(resource_tag_columns, cv_map_strip_key_prefix(resource_tags, 'user_')) as Tags,
    coalesce(cost_category, cost_category_columns)                as x_CostCategories,
    line_item_operation                                           as x_Operation,

    ---------- commitments
    commitment_id                                                 as CommitmentDiscountId,
    cast(null as varchar)                                         as CommitmentDiscountName,
    case when commitment_id is not null then case when is_savings_plan then 'Spend' else 'Usage' end end as CommitmentDiscountCategory,
    case when commitment_id is not null then case when is_savings_plan then 'Savings Plan' else 'Reserved Instance' end end as CommitmentDiscountType,
    commitment_status                                             as CommitmentDiscountStatus,
    commitment_discount_quantity                                  as CommitmentDiscountQuantity,
    case
        when commitment_discount_quantity is not null then case when is_savings_plan then line_item_currency_code else 'Hours' end
    end                                                           as CommitmentDiscountUnit,
    capacity_reservation_capacity_reservation_arn                 as CapacityReservationId,
    case
        when capacity_reservation_capacity_reservation_arn is not null and capacity_reservation_capacity_reservation_status in ('Used', 'Unused')
            then capacity_reservation_capacity_reservation_status
    end                                                           as CapacityReservationStatus
from unit_priced
left join services as s on s.product_code = line_item_product_code
left join regions as r on r.region_id = delivered_region_id
left join units as u on u.delivered_unit = pricing_unit
