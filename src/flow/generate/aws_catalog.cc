#include "flow/generate/aws_catalog.h"

namespace centavo::generate {
namespace {

using F = ResourceForm;
using B = BigService;

constexpr std::string_view kEc2 = "Amazon Elastic Compute Cloud";
constexpr std::string_view kRds = "Amazon Relational Database Service";
constexpr std::string_view kS3 = "Amazon Simple Storage Service";

constexpr UsageKind instance(std::string_view usage_type, Amount rate, int weight) {
  return {"AmazonEC2", kEc2,   "Compute Instance", usage_type, "RunInstances", "Hrs", rate,
          kOne,        weight, F::instance,        B::ec2,     true,           true};
}
constexpr UsageKind database(std::string_view usage_type, Amount rate, int weight) {
  return {"AmazonRDS",
          kRds,
          "Database Instance",
          usage_type,
          "CreateDBInstance:0014",
          "Hrs",
          rate,
          kOne,
          weight,
          F::database,
          B::rds,
          true};
}
// Units that flow: gigabytes, requests, hours of use.
constexpr UsageKind metered(std::string_view code, std::string_view service, std::string_view family,
                            std::string_view usage_type, std::string_view operation, std::string_view unit, Amount rate,
                            Amount typical, int weight, ResourceForm form, BigService big = B::other) {
  return {code, service, family, usage_type, operation, unit, rate, typical, weight, form, big};
}
constexpr UsageKind requests(UsageKind kind) {
  kind.counted = true;
  kind.business = true;
  return kind;
}
constexpr UsageKind busy(UsageKind kind) {
  kind.business = true;
  return kind;
}
constexpr UsageKind planned(UsageKind kind) {
  kind.savings_plan = true;
  return kind;
}
constexpr UsageKind node(UsageKind kind) {
  kind.instance = true;
  return kind;
}

constexpr UsageKind kKinds[] = {
    instance("BoxUsage:t3.medium", 0.0416_amount, 60),
    instance("BoxUsage:m5.large", 0.096_amount, 80),
    instance("BoxUsage:m5.xlarge", 0.192_amount, 60),
    instance("BoxUsage:m5.2xlarge", 0.384_amount, 30),
    instance("BoxUsage:c5.xlarge", 0.17_amount, 40),
    instance("BoxUsage:c6g.4xlarge", 0.544_amount, 12),
    instance("BoxUsage:r5.xlarge", 0.252_amount, 30),
    instance("BoxUsage:r6g.2xlarge", 0.4032_amount, 15),
    instance("BoxUsage:g4dn.xlarge", 0.526_amount, 6),
    {"AmazonEC2", kEc2, "Compute Instance", "SpotUsage:m5.xlarge", "RunInstances:SV001", "Hrs", 0.0731_amount, kOne, 25,
     F::instance, B::ec2, true},
    metered("AmazonEC2", kEc2, "Storage", "EBS:VolumeUsage.gp3", "CreateVolume-Gp3", "GB-Mo", 0.08_amount,
            0.1369863_amount, 90, F::volume, B::ec2),
    metered("AmazonEC2", kEc2, "Storage", "EBS:VolumeUsage.gp2", "CreateVolume-Gp2", "GB-Mo", 0.10_amount,
            0.2739726_amount, 40, F::volume, B::ec2),
    metered("AmazonEC2", kEc2, "Storage Snapshot", "EBS:SnapshotUsage", "CreateSnapshot", "GB-Mo", 0.05_amount,
            0.7534246_amount, 25, F::snapshot, B::ec2),
    busy(metered("AmazonEC2", kEc2, "Data Transfer", "DataTransfer-Out-Bytes", "RunInstances", "GB", 0.09_amount,
                 1.2371_amount, 35, F::instance, B::ec2)),
    busy(metered("AmazonEC2", kEc2, "Data Transfer", "DataTransfer-Regional-Bytes", "InterZone-Out", "GB", 0.01_amount,
                 7.9153_amount, 35, F::instance, B::ec2)),
    node(metered("AmazonEC2", kEc2, "NAT Gateway", "NatGateway-Hours", "NatGateway", "Hrs", 0.045_amount, kOne, 14,
                 F::nat_gateway, B::ec2)),
    busy(metered("AmazonEC2", kEc2, "NAT Gateway", "NatGateway-Bytes", "NatGateway", "GB", 0.045_amount, 3.3217_amount,
                 14, F::nat_gateway, B::ec2)),
    node(metered("AWSELB", "Elastic Load Balancing", "Load Balancer-Application", "LoadBalancerUsage",
                 "LoadBalancing:Application", "Hrs", 0.0225_amount, kOne, 20, F::load_balancer)),
    busy(metered("AWSELB", "Elastic Load Balancing", "Load Balancer-Application", "LCUUsage",
                 "LoadBalancing:Application", "LCU-Hrs", 0.008_amount, 2.4181_amount, 20, F::load_balancer)),
    node(metered("AmazonVPC", "Amazon Virtual Private Cloud", "VpcEndpoint", "VpcEndpoint-Hours", "VpcEndpoint", "Hrs",
                 0.01_amount, kOne, 14, F::none)),
    node(metered("AmazonVPC", "Amazon Virtual Private Cloud", "IP Address", "PublicIPv4:InUseAddress",
                 "AssociateAddressVPC", "Hrs", 0.005_amount, kOne, 25, F::instance)),
    metered("AmazonS3", kS3, "Storage", "TimedStorage-ByteHrs", "StandardStorage", "GB-Mo", 0.023_amount, 3.8125_amount,
            40, F::bucket, B::s3),
    metered("AmazonS3", kS3, "Storage", "TimedStorage-SIA-ByteHrs", "StandardIAStorage", "GB-Mo", 0.0125_amount,
            6.1317_amount, 15, F::bucket, B::s3),
    metered("AmazonS3", kS3, "Storage", "TimedStorage-GDA-ByteHrs", "DeepArchiveStorage", "GB-Mo", 0.00099_amount,
            41.7731_amount, 8, F::bucket, B::s3),
    requests(metered("AmazonS3", kS3, "API Request", "Requests-Tier1", "PutObject", "Requests", 0.000005_amount,
                     2113_amount, 30, F::bucket, B::s3)),
    requests(metered("AmazonS3", kS3, "API Request", "Requests-Tier2", "GetObject", "Requests", 0.0000004_amount,
                     18347_amount, 30, F::bucket, B::s3)),
    database("InstanceUsage:db.m5.large", 0.171_amount, 25),
    database("InstanceUsage:db.r5.xlarge", 0.48_amount, 15),
    database("Multi-AZUsage:db.r6g.large", 0.43_amount, 12),
    metered("AmazonRDS", kRds, "Database Storage", "RDS:GP3-Storage", "CreateDBInstance:0014", "GB-Mo", 0.115_amount,
            0.2739726_amount, 25, F::database, B::rds),
    metered("AmazonRDS", kRds, "Storage Snapshot", "RDS:ChargedBackupUsage", "CreateDBInstance:0014", "GB-Mo",
            0.095_amount, 0.4109589_amount, 10, F::database, B::rds),
    planned(busy(metered("AWSLambda", "AWS Lambda", "Serverless", "Lambda-GB-Second", "Invoke", "Lambda-GB-Second",
                         0.0000166667_amount, 1831.25_amount, 35, F::function))),
    requests(metered("AWSLambda", "AWS Lambda", "Serverless", "Request", "Invoke", "Request", 0.0000002_amount,
                     9711_amount, 35, F::function)),
    busy(metered("AmazonCloudFront", "Amazon CloudFront", "Data Transfer", "DataTransfer-Out-Bytes", "GET", "GB",
                 0.085_amount, 2.2713_amount, 14, F::distribution)),
    requests(metered("AmazonCloudFront", "Amazon CloudFront", "Request", "Requests-Tier2-HTTPS", "GET", "Requests",
                     0.000001_amount, 14213_amount, 10, F::distribution)),
    requests(metered("AmazonDynamoDB", "Amazon DynamoDB", "Amazon DynamoDB PayPerRequest Throughput",
                     "ReadRequestUnits", "PayPerRequestThroughput", "ReadRequestUnits", 0.000000125_amount,
                     19937_amount, 18, F::table)),
    requests(metered("AmazonDynamoDB", "Amazon DynamoDB", "Amazon DynamoDB PayPerRequest Throughput",
                     "WriteRequestUnits", "PayPerRequestThroughput", "WriteRequestUnits", 0.000000625_amount,
                     7411_amount, 18, F::table)),
    metered("AmazonDynamoDB", "Amazon DynamoDB", "Database Storage", "TimedStorage-ByteHrs", "StandardStorage", "GB-Mo",
            0.25_amount, 0.0684931_amount, 10, F::table),
    node(metered("AmazonElastiCache", "Amazon ElastiCache", "Cache Instance", "NodeUsage:cache.r6g.large",
                 "CreateCacheCluster:0002", "Hrs", 0.206_amount, kOne, 14, F::cache)),
    planned(metered("AmazonECS", "Amazon Elastic Container Service", "Compute", "Fargate-vCPU-Hours:perCPU",
                    "FargateTask", "hours", 0.04048_amount, 1.25_amount, 25, F::task)),
    planned(metered("AmazonECS", "Amazon Elastic Container Service", "Compute", "Fargate-GB-Hours", "FargateTask",
                    "hours", 0.004445_amount, 2.75_amount, 25, F::task)),
    node(metered("AmazonEKS", "Amazon Elastic Kubernetes Service", "Compute", "AmazonEKS-Hours:perCluster",
                 "CreateOperation", "Hours", 0.10_amount, kOne, 6, F::cluster)),
    metered("AmazonCloudWatch", "AmazonCloudWatch", "Data Payload", "DataProcessing-Bytes", "PutLogEvents", "GB",
            0.50_amount, 0.1733_amount, 22, F::log_group),
    metered("AmazonCloudWatch", "AmazonCloudWatch", "Metric", "CW:MetricMonitorUsage", "MetricStorage", "Metrics",
            0.30_amount, 0.0547945_amount, 14, F::none),
    requests(metered("AmazonCloudWatch", "AmazonCloudWatch", "API Request", "CW:GMD-Metrics", "GetMetricData",
                     "Metrics", 0.00001_amount, 371_amount, 8, F::none)),
    requests(metered("AWSQueueService", "Amazon Simple Queue Service", "API Request", "Requests-RBP", "SendMessage",
                     "Requests", 0.0000004_amount, 12171_amount, 12, F::queue)),
    requests(metered("AmazonSNS", "Amazon Simple Notification Service", "API Request", "DeliveryAttempts-SMTP",
                     "Publish", "Notifications", 0.00002_amount, 57_amount, 6, F::topic)),
    node(metered("AmazonES", "Amazon OpenSearch Service", "Amazon OpenSearch Service Instance",
                 "ESInstance:r6g.large.search", "ESDomain", "Hrs", 0.167_amount, kOne, 8, F::search_domain)),
    node(metered("AmazonRedshift", "Amazon Redshift", "Compute Instance", "Node:ra3.xlplus", "RunComputeNode:0001",
                 "Hrs", 1.086_amount, kOne, 4, F::cluster)),
    busy(metered("AWSGlue", "AWS Glue", "AWS Glue", "ETL-DPU-Hour", "Jobrun", "DPU-Hour", 0.44_amount, 0.3833_amount, 8,
                 F::none)),
    busy(metered("AmazonAthena", "Amazon Athena", "Athena Queries", "DataScannedInTB", "ExecuteQuery", "Terabytes",
                 5_amount, 0.0027311_amount, 6, F::none)),
    node(metered("AmazonKinesis", "Amazon Kinesis", "Kinesis Streams", "Storage-ShardHour", "shardHourStorage",
                 "ShardHour", 0.015_amount, kOne, 10, F::stream)),
    node(metered("AmazonMSK", "Amazon Managed Streaming for Apache Kafka", "Managed Streaming for Apache Kafka (MSK)",
                 "Kafka.m5.large", "RunBroker", "Hours", 0.21_amount, kOne, 4, F::cluster)),
    requests(metered("awskms", "AWS Key Management Service", "API Request", "KMS-Requests", "Decrypt", "Requests",
                     0.000003_amount, 1733_amount, 10, F::key)),
    metered("AWSSecretsManager", "AWS Secrets Manager", "Secret", "AWSSecretsManager-Secrets", "Secret", "Secrets",
            0.40_amount, 0.0013699_amount, 8, F::secret),
    requests(metered("AmazonRoute53", "Amazon Route 53", "DNS Query", "DNS-Queries", "A", "Queries", 0.0000004_amount,
                     11317_amount, 8, F::zone)),
    requests(metered("AmazonApiGateway", "Amazon API Gateway", "API Calls", "ApiGatewayRequest", "ApiGatewayRequest",
                     "Requests", 0.0000035_amount, 3119_amount, 10, F::api)),
    metered("AWSBackup", "AWS Backup", "AWS Backup Storage", "WarmStorage-ByteHrs-EBS", "Storage", "GB-Month",
            0.05_amount, 0.5479452_amount, 8, F::vault),
    metered("AmazonEFS", "Amazon Elastic File System", "Storage", "TimedStorage-ByteHrs", "", "GB-Mo", 0.30_amount,
            0.0821917_amount, 8, F::file_system),
    metered("AmazonECR", "Amazon EC2 Container Registry (ECR)", "EC2 Container Registry", "TimedStorage-ByteHrs", "",
            "GB-Mo", 0.10_amount, 0.0342465_amount, 6, F::repository),
    requests(metered("AmazonGuardDuty", "Amazon GuardDuty", "Management Tools", "PaidEventsAnalyzed", "CloudTrail",
                     "Events", 0.000004_amount, 713_amount, 4, F::none)),
    requests(metered("AWSConfig", "AWS Config", "Management Tools - AWS Config", "ConfigurationItemRecorded", "None",
                     "ConfigurationItemRecorded", 0.003_amount, 3_amount, 4, F::none)),
    busy(metered("AmazonBedrock", "Amazon Bedrock", "Machine Learning", "InputTokenCount", "InvokeModelInference",
                 "1K tokens", 0.003_amount, 213.7719_amount, 6, F::none)),
    busy(node(metered("AmazonSageMaker", "Amazon SageMaker", "ML Instance", "Notebk:ml.t3.medium", "RunInstance", "Hrs",
                      0.05_amount, kOne, 5, F::none))),
};

constexpr Region kRegions[] = {
    {"us-east-1", "", "US East (N. Virginia)", 38, 100}, {"sa-east-1", "SAE1-", "South America (Sao Paulo)", 30, 159},
    {"us-west-2", "USW2-", "US West (Oregon)", 12, 100}, {"eu-west-1", "EU-", "EU (Ireland)", 12, 111},
    {"eu-central-1", "EUC1-", "EU (Frankfurt)", 8, 119},
};

}  // namespace

std::span<const UsageKind> usage_kinds() { return kKinds; }
std::span<const Region> regions() { return kRegions; }

int kind_of(std::string_view usage_type) {
  int i = 0;
  while (kKinds[i].usage_type != usage_type) ++i;
  return i;
}

}  // namespace centavo::generate
