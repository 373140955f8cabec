"""Reads a memo's DOCX with python-docx: head and foot, and every word of the memo in its order. Then saves it anew, and once more with
one word changed.

    python paper.py MEMO.docx MEMO.md SAVED.docx CHANGED.docx

Exit status: 0 as it must be, 1 not, 2 usage.
"""

import sys
from pathlib import Path

import docx
from docx.table import Table


def texts(document):
    """The paragraphs of the body, those of its tables too, in order."""
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            for row in block.rows:
                for cell in row.cells:
                    yield from (paragraph.text for paragraph in cell.paragraphs)
        else:
            yield block.text


def main(paper, memo, saved, changed):
    document = docx.Document(paper)
    section = document.sections[0]
    banner = section.header.paragraphs[-1].text
    if not banner.isupper() or section.footer.paragraphs[-1].text != banner:
        sys.exit("head and foot do not end with one banner")
    shown = iter(" ".join(texts(document)).split())
    body = Path(memo).read_text(encoding="utf-8").split("+++", 2)[2]
    words = [word for word in body.split() if word not in ("#", "##", "###", ">")]
    for word in words:
        if word not in shown:
            sys.exit(f"{word!r} does not stand in its place")
    document.save(saved)
    for paragraph in document.paragraphs:
        run = next((run for run in paragraph.runs if words[-1] in run.text), None)
        if run is not None:
            run.text = run.text.replace(words[-1], "otherwise.")
            document.save(changed)
            print(f"{len(words)} words, banner {banner}")
            return
    sys.exit("the last word is in no run")


if __name__ == "__main__":
    if len(sys.argv) != 5:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    main(*sys.argv[1:])
