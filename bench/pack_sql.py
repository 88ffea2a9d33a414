"""The packs' own models as SQL for other engines, so that every contestant computes the same thing from the same text.

Only three things are substituted: the portable cv_* functions (their bodies stand in packs/core/functions.yaml), the period
and the packs' parameters. How text becomes money is the contestant's choice: see SPELLINGS.
"""
import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[1]
PACKS = ROOT / "packs"

# How a hand-written script turns text into money.
SPELLINGS = {
    # The obvious way: right, and very slow in the engine.
    "plain": "cast(cast({0} as varchar) as decimal(38,21))",
    # The fastest we know in SQL alone: a 64-bit decimal first. Right for amounts of at most 8 digits before the point and 10 behind it,
    # which the generated bill keeps to (its money is integers of 1e-10); others it rounds without a word.
    "fast": "cast(cast({0} as decimal(18,10)) as decimal(38,21))",
    # The same, and the slow way for what is too large for 64 bits: quantities in byte-seconds.
    "fast_or_plain": "coalesce(cast(try_cast({0} as decimal(18,10)) as decimal(38,21)), cast({0} as decimal(38,21)))",
    # The one of facts/engine.md: whole and fraction on their own. Wrong for signs and exponents.
    "split": "cast(cast(split_part({0}, '.', 1) as bigint) as decimal(38,21)) + "
             "cast(cast('0.' || left(split_part({0}, '.', 2), 17) as decimal(18,17)) as decimal(38,21))",
}
# The engine has no function that leaves out empty values, so the script filters.
MAP = "map_from_entries(list_filter([{pairs}], lambda e: e.v is not null and e.v <> ''))"


def functions(engine, money):
    document = yaml.safe_load((PACKS / "core" / "functions.yaml").read_text())
    bodies = {function["name"]: function[engine] for function in document["functions"] if engine in function}
    if engine == "duckdb":
        bodies["cv_decimal"] = SPELLINGS[money]
        bodies["cv_try_decimal"] = SPELLINGS[money].replace("cast(", "try_cast(")
        bodies["cv_decimal_rounded"] = SPELLINGS[money]
        bodies["cv_product"] = "cast(cast({0} as decimal(18,9)) * cast({1} as decimal(18,9)) as decimal(38,21))"
        bodies["cv_cost"] = "cast(cast({0} as decimal(26,18)) * cast({1} as decimal(11,6)) as decimal(38,21))"
        # A script knows that its input is JSON and has no key to mask with; inside a list the obvious cast is all there is.
        for name in bodies:
            bodies[name] = bodies[name].replace("case when json_valid({0}) then {0} end", "{0}")
            bodies[name] = re.sub(r"centavo_decimal\((json_extract_string\([^()]*\))\)", r"cast(\1 as decimal(18,10))", bodies[name])
        bodies["cv_keyed_hash"] = "sha256({0})"
    return bodies


def arguments(text, start):
    """Splits the arguments of a call whose '(' is at `start`; returns them and the index behind ')'."""
    depth, quote, parts, begin = 0, None, [], start + 1
    for i in range(start, len(text)):
        c = text[i]
        if quote:
            quote = None if c == quote else quote
        elif c in "'\"":
            quote = c
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
            if depth == 0:
                last = text[begin:i]
                return parts + ([last] if last.strip() or parts else []), i + 1
        elif c == "," and depth == 1:
            parts.append(text[begin:i])
            begin = i + 1
    raise ValueError(f"no closing bracket: {text[start:start + 60]}")


def expand(text, bodies):
    text = re.sub(r"--[^\n]*", "", text)
    while True:
        found = re.search(r"\b(cv_\w+)\s*\(", text)
        if not found:
            return text
        values, end = arguments(text, found.end() - 1)
        values = [expand(value.strip(), bodies) for value in values]
        body = bodies[found.group(1)]
        for number, value in enumerate(values):
            body = body.replace("{%d}" % number, value)
        text = text[:found.start()] + body.replace("{*}", ", ".join(values)) + text[end:]


def parameters():
    found = {}
    for path in PACKS.glob("*/pack.yaml"):
        for parameter in yaml.safe_load(path.read_text()).get("parameters") or []:
            value = parameter["default"]
            found[parameter["name"]] = value if isinstance(value, (int, float)) else "'" + str(value).replace("'", "''") + "'"
    return found


def model(path, engine, money, first, end):
    text = expand(pathlib.Path(path).read_text(), functions(engine, money))
    text = text.replace("$period_first", f"date '{first}'").replace("$period_end", f"date '{end}'")
    for name, value in parameters().items():
        text = re.sub(rf"\${name}\b", str(value), text)
    return (text if engine == "duckdb" else spark_types(text)).strip().rstrip(";")


def spark_types(text):
    """The engine expands models for Spark in the same way: a VARCHAR without a length is a STRING there."""
    text = re.sub(r"\bmap\(varchar, varchar\)", "map<string,string>", text)
    return re.sub(r"\btimestamptz\b", "timestamp", re.sub(r"\bvarchar\b(?!\()", "string", text))


def gold_models(engine="duckdb"):
    """[(table, path)] of the shared gold tables that an AWS bill alone makes, those that read another one after it."""
    names = sorted(path.stem for path in (PACKS / "focus" / "gold").glob("*.yaml")
                   if set(re.findall(r"\bsilver\.(\w+)", path.with_suffix(".sql").read_text())) <= {"focus_cost_and_usage"})
    paths = {}
    for name in names:
        own = PACKS / "focus" / "gold" / f"{name}.{engine}.sql"
        paths[name] = own if own.exists() else PACKS / "focus" / "gold" / f"{name}.sql"
    order = []
    while len(order) < len(names):
        for name in names:
            needs = set(re.findall(r"\bgold\.(\w+)", paths[name].read_text())) - {name}
            if name not in order and needs <= set(order):
                order.append(name)
    return [(name, paths[name]) for name in order]


def interface_columns():
    document = yaml.safe_load((PACKS / "focus" / "interfaces" / "cost_and_usage.yaml").read_text())
    return [(column["name"], column["type"]) for column in document["columns"]]


def silver_path():
    return PACKS / "aws" / "silver" / "aws_cost_and_usage.sql"


def silver_columns():
    document = yaml.safe_load((PACKS / "aws" / "silver" / "aws_cost_and_usage.yaml").read_text())
    return [column["name"] for column in document["columns"]]


def bronze_columns(table="aws/bronze/aws_cur_line_items"):
    document = yaml.safe_load((PACKS / f"{table}.yaml").read_text())
    return [(column["name"], column["type"]) for column in document["columns"]]


def source():
    return yaml.safe_load((PACKS / "aws" / "sources" / "aws_cur.yaml").read_text())["columns"]


def snake_case(name):
    """`_` before an upper-case letter that follows a lower-case one or a digit; every other character `_`; runs to one."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"_+", "_", re.sub(r"[^0-9A-Za-z]", "_", name)).lower()


def bronze_select(delivered, engine="duckdb"):
    """Select list that names delivered columns as bronze does: renamed, in the declared type, tags gathered into maps, missing
    ones null."""
    rules = source()
    quote = '"' if engine == "duckdb" else "`"
    items, gathered, have = [], {}, set()
    declared = {name: kind if engine == "duckdb" else spark_types(kind) for name, kind in bronze_columns()}
    for name in delivered:
        rule = next((rule for rule in rules.get("gather", []) if name.startswith(rule["prefix"])), None)
        if rule:
            gathered.setdefault(rule["into"], []).append((name[len(rule["prefix"]):], name))
            continue
        new = rules.get("rename", {}).get(name) or snake_case(name)
        new = rules.get("rename", {}).get(new, new)
        column = f"{quote}{name}{quote}"
        items.append(f"cast({column} as {declared[new]}) as {new}" if new in declared else f"{column} as {new}")
        have.add(new)
    for into, pairs in gathered.items():
        if engine == "duckdb":
            entries = ", ".join(f"{{'k': '{key}', 'v': \"{column}\"}}" for key, column in pairs)
            items.append(MAP.format(pairs=entries) + f" as {into}")
        else:
            entries = ", ".join(f"'{key}', `{column}`" for key, column in pairs)
            items.append(f"map_filter(map({entries}), (k, v) -> v is not null and v <> '') as {into}")
        have.add(into)
    for name in declared:
        if name not in have:
            items.append(f"cast(null as {declared[name]}) as {name}")
    return items
