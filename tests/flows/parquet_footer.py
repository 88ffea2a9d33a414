"""What a Parquet file says of itself: rows, and the type of each column. Shares no code with the program or its engine.

Source: apache/parquet-format src/main/thrift/parquet.thrift (FileMetaData, SchemaElement), Thrift's compact protocol.
"""


class _Thrift:
    """A struct is {field number: value}."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def varint(self):
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def number(self):
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def value(self, kind):
        if kind in (1, 2):
            return kind == 1
        if kind == 3:
            self.at += 1
            return self.data[self.at - 1]
        if kind in (4, 5, 6):
            return self.number()
        if kind == 8:
            size = self.varint()
            self.at += size
            return self.data[self.at - size:self.at]
        if kind == 9:
            head = self.data[self.at]
            self.at += 1
            size = head >> 4 if head >> 4 < 15 else self.varint()
            return [self.value(head & 15) for _ in range(size)]
        assert kind == 12, f"unknown type {kind} at {self.at}"
        return self.struct()

    def struct(self):
        out, field = {}, 0
        while self.data[self.at]:
            head = self.data[self.at]
            self.at += 1
            field = field + (head >> 4) if head >> 4 else self.number()
            out[field] = self.value(head & 15)
        self.at += 1
        return out


def read(path):
    """(rows, {column: "text" | "decimal(38,21)" | "time in UTC" | what else it is}); nested columns are refused."""
    data = path.read_bytes()
    assert data[:4] == data[-4:] == b"PAR1", f"{path} is no Parquet file"
    size = int.from_bytes(data[-8:-4], "little")
    footer = _Thrift(data[-8 - size:-8]).struct()
    root, *columns = footer[2]
    assert root[5] == len(columns), f"{path} has nested columns"
    types = {}
    for column in columns:
        logical = column.get(10, {})
        if column.get(6) == 0 or 1 in logical:
            kind = "text"
        elif column.get(6) == 5 or 5 in logical:
            kind = f"decimal({column[8]},{column.get(7, 0)})"
        elif column.get(1) == 2 and logical.get(8, {}).get(1):
            kind = "time in UTC"
        else:
            kind = f"physical {column.get(1)}, converted {column.get(6)}, logical {logical}"
        types[column[4].decode()] = kind
    return footer[3], types
