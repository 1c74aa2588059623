"""The text of a model file, in whatever encoding it declares."""

from __future__ import annotations

import codecs
import re


def decoded(raw: bytes) -> str:
    """The text of an XML file in the encoding of its byte-order mark or, without one, of its declaration.

    The text declares UTF-8 then, whatever the file did.

    Raises:
        UnicodeError: the bytes are no text in that encoding.
        LookupError: an encoding that nobody knows.
    """
    declared = re.match(rb"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._:-]+)[\"']", raw)
    marks = (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
        (b"<\0", "utf-16-le"),
        (b"\0<", "utf-16-be"),
    )
    marked = next((name for mark, name in marks if raw.startswith(mark)), None)
    text = raw.decode(marked or (declared[1].decode("ascii") if declared else "utf-8"))
    return re.sub(
        r"(<\?xml[^>]*?encoding\s*=\s*[\"'])(?!utf-8|UTF-8)[A-Za-z0-9._:-]+", r"\1UTF-8", text, count=1
    )
