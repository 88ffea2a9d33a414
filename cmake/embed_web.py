#!/usr/bin/env python3
"""Writes what is in web/dist into one C++ source and one file of bytes it includes: embedded_assets() of app/http.

Usage: embed_web.py DIST OUTPUT_DIR. Each file goes in as it is, as gzip -9 and, where the build of the page left a .br
beside it, as brotli; a coding that saves nothing is left out. Without DIST the table is empty. Files that would not
change are not written, so that nothing is compiled again for nothing.
"""
import gzip
import hashlib
import pathlib
import re
import sys

TYPES = {
    "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml", "txt": "text/plain; charset=utf-8", "json": "application/json", "png": "image/png",
    "ico": "image/x-icon", "webp": "image/webp", "woff2": "font/woff2", "webmanifest": "application/manifest+json",
    "map": "application/json",
}
HASHED = re.compile(r"^assets/.+-[A-Za-z0-9_-]{8}\.[a-z0-9.]+$")


def write_if_changed(path, data):
    if not path.exists() or path.read_bytes() != data:
        path.write_bytes(data)


def main(dist, output):
    blob = bytearray()
    rows = []

    def put(data):
        at = len(blob)
        blob.extend(data)
        return f"{{kBlob + {at}, {len(data)}}}" if data else "{}"

    files = {p.relative_to(dist).as_posix(): p for p in dist.rglob("*") if p.is_file() and p.suffix != ".br"}
    for name, path in sorted(files.items()):  # find_asset() searches in this order
        if not re.fullmatch(r"[A-Za-z0-9._/-]+", name):
            sys.exit(f"embed_web: {name}: a name with other characters than A-Z a-z 0-9 . _ / - cannot be served")
        data = path.read_bytes()
        packed = gzip.compress(data, 9, mtime=0)
        brotli = path.with_name(path.name + ".br")
        shorter = brotli.read_bytes() if brotli.exists() else b""
        kind = TYPES.get(path.suffix[1:], "application/octet-stream")
        text = kind.startswith(("text/", "application/json", "application/manifest", "image/svg"))
        rows.append("    {\"%s\", %s, %s, %s, \"%s\", \"%s\", %s}," % (
            name, put(data), put(packed if text and len(packed) < len(data) * 0.95 else b""),
            put(shorter if 0 < len(shorter) < len(data) * 0.95 else b""), kind,
            hashlib.sha256(data).hexdigest(), "true" if HASHED.match(name) else "false"))

    output.mkdir(parents=True, exist_ok=True)
    bytes_file = output / "embedded_web.bin"
    lines = ["// Made by cmake/embed_web.py from web/dist. Do not edit.", "#include \"app/http/assets.h\"", ""]
    if rows:
        lines += ["asm(\".pushsection .rodata\\n.balign 16\\n.global centavo_embedded_web\\ncentavo_embedded_web:\\n\"",
                  f"    \".incbin \\\"{bytes_file}\\\"\\n.popsection\\n\");",
                  f"extern \"C\" const char centavo_embedded_web[{len(blob)}];", "", "namespace centavo::http {", "",
                  "static constexpr const char* kBlob = centavo_embedded_web;", "static constexpr Asset kAssets[] = {"]
        lines += rows
        lines += ["};", "", "std::span<const Asset> embedded_assets() { return kAssets; }"]
    else:
        lines += ["namespace centavo::http {", "", "std::span<const Asset> embedded_assets() { return {}; }"]
    lines += ["", "}  // namespace centavo::http", ""]
    write_if_changed(bytes_file, bytes(blob))
    write_if_changed(output / "embedded_web.cc", "\n".join(lines).encode())


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve())
