"""Any e-mail is read as far as it goes: what is new in it, as text."""

from __future__ import annotations

import random

import pytest

from channels.email import reading
from channels.email.text import answer, from_html
from tests.channels.email_world import Shop, report
from tests.standins.email import letter

BROKEN: dict[str, bytes] = {
    "nothing": b"\r\n",
    "only noise": bytes(range(256)) * 40,
    "no head": b"\r\n\r\nHello",
    "a boundary that never comes": b"From: kari@example.org\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\nHello",
    "a boundary without a name": b"From: kari@example.org\r\nContent-Type: multipart/mixed\r\n\r\nHello",
    "a charset nobody knows": b"From: kari@example.org\r\nContent-Type: text/plain; charset=klingon\r\n\r\nqapla'",
    "a wrong charset": "From: kari@example.org\r\nContent-Type: text/plain; charset=ascii\r\n\r\nblåbær".encode(),
    "broken base64": b"From: kari@example.org\r\nContent-Transfer-Encoding: base64\r\n\r\n====!!a",
    "a broken encoded subject": b"From: kari@example.org\r\nSubject: =?utf-8?b?a===?= =?x?q?=ff?=\r\n\r\nHello",
    "zero bytes": b"From: kari@example.org\r\nSubject: a\0b\r\n\r\nHel\0lo",
    "parts in parts": b"From: kari@example.org\r\n"
    + b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(60)),
    "a thousand parts": b'From: kari@example.org\r\nContent-Type: multipart/mixed; boundary="x"\r\n\r\n'
    + b"--x\r\nContent-Disposition: attachment\r\n\r\na\r\n" * 1000,
    "thousands of parts": b'From: kari@example.org\r\nContent-Type: multipart/mixed; boundary="x"\r\n\r\n'
    + b"--x\r\n\r\na\r\n" * 5_500,
    "a thousand senders": b"From: " + b"kari@example.org, " * 1000 + b"\r\n\r\nHello",
    "brackets": b"From: " + b"(" * 5000 + b" kari@example.org\r\n\r\nHello",
    "a long thread": b"From: kari@example.org\r\nReferences: " + b"<a@b.example> " * 20_000 + b"\r\n\r\nHello",
    "long text": b"From: kari@example.org\r\n\r\n" + b"This goes on and on.\r\n" * 100_000,
    "tags": b"From: kari@example.org\r\nContent-Type: text/html\r\n\r\n" + b"<div><blockquote>" * 20_000 + b"Hello",
    "open tags": b"From: kari@example.org\r\nContent-Type: text/html\r\n\r\n" + b"<a " * 50_000 + b"Hello",
    "a new line in the name": b"From: =?utf-8?q?Kari=0ABcc=3A_all=40example=2Eorg?= <kari@example.org>\r\n\r\nHello",
    "a new line in the subject": b"From: kari@example.org\r\nSubject: =?utf-8?q?Hi=0D=0ABcc=3A_x=40y?=\r\n\r\nHello",
}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN)
async def test_whatever_comes_in_the_next_one_is_read(shop: Shop, raw: bytes) -> None:
    """What no mail program makes is taken as far as it goes, can be answered, and keeps nobody waiting."""
    async with shop.open():
        await shop.receives(raw, letter("Hello from Ola", sender="ola@example.org"))
        found = await shop.messages()
        assert found[-1]["text"].endswith("Hello from Ola")
        assert len(found) <= 8, "what goes on and on is cut"
        place = await shop.place(found[0]["conversation"])
        await shop.says(place, "Thank you")
        [sent] = await shop.sent(1)
    assert sent["Bcc"] is None and sent["To"] in ("kari@example.org", "ola@example.org")
    assert len(await shop.rows("select from attachment")) <= 30


def test_no_e_mail_is_too_broken_to_be_read() -> None:
    """Neither what real servers refuse already, nor any of a few thousand e-mails with random faults."""
    deep = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(3000))
    wide = b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n' + b"--x\r\n\r\na\r\n" * 1_000_000
    for bomb in (deep, wide):
        found = reading.read(b"From: kari@example.org\r\n" + bomb)
        assert (found.sender, found.whole) == ("kari@example.org", False)
    chance = random.Random(1)
    whole = [report("<1@a.example>"), *BROKEN.values()]
    for _ in range(3000):
        raw = bytearray(chance.choice(whole)[:3000])
        for _ in range(chance.randint(1, 20)):
            at = chance.randrange(len(raw) + 1)
            raw[at : at + chance.randint(0, 3)] = chance.choice(
                [b"", b'"', b"=?", b"\r\n", b"\xff", b"*0*=", b"<", b";", b":"]
            )
        reading.read(bytes(raw))
        reading.read_head(bytes(raw))


async def test_an_e_mail_that_is_too_large_is_not_fetched(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels.email.channel._MOST_BYTES", 5_000)
    mail = letter("See the pictures", subject="My broken lamp")
    mail.add_attachment(b"x" * 10_000, maintype="image", subtype="png", filename="lamp.png")
    async with shop.open():
        await shop.receives(mail)
    [message] = await shop.messages()
    assert message["text"].startswith("My broken lamp\n\n(The rest of this e-mail could not be opened.")


HISTORY = [
    ("Thanks\n\nOn Mon, 2 Nov 2026 at 10:12, Shop <a@b.example> wrote:\n> Good day", "Thanks"),
    (
        "Thanks\n\nOn Mon, 2 Nov 2026 at 10:12, A Long Name Of A Shop\n<a@b.example> wrote:\n\n> Good day\n>\n> Bye",
        "Thanks",
    ),
    ("Takk\n\nman. 2. nov. 2026 kl. 10:12 skrev Butikk <a@b.example>:\n\n> God dag", "Takk"),
    ("Danke\n\nAm 02.11.26 um 10:12 schrieb Laden:\n> Guten Tag", "Danke"),
    ("Merci\n\nLe lun. 2 nov. 2026 à 10:12, Magasin <a@b.example> a écrit :\n> Bonjour", "Merci"),
    ("Thanks\n\nOn 2 Nov 2026, at 10:12, Shop <a@b.example> wrote:\n\nGood day", "Thanks"),
    ("Thanks\n\n-----Original Message-----\nFrom: Shop\nSent: Monday\n\nGood day", "Thanks"),
    (
        "Thanks\n\n________________________________\nFrom: Shop <a@b.example>\nSent: Monday\nTo: me\n\nGood day",
        "Thanks",
    ),
    ("Takk\n\nFra: Butikk <a@b.example>\nSendt: mandag\nTil: meg\n\nGod dag", "Takk"),
    ("Thanks\n\nSent from my iPhone\n\n> Good day", "Thanks"),
    ("> Which number?\n\nFJ-204817\n\n> And the colour?\n\nBlue", "FJ-204817\n\nBlue"),
    ("You said:\n> two days\nIt has been five.", "You said:\nIt has been five."),
    ("Name: Kari\nOrder: FJ-204817\nFrom: Bergen", "Name: Kari\nOrder: FJ-204817\nFrom: Bergen"),
    ("Thanks\n-- \nKari\nBergen", "Thanks"),
    ("> only this", "> only this"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "written"), HISTORY)
def test_of_an_answer_only_what_is_new_is_kept(text: str, written: str) -> None:
    assert answer(text) == written


def test_html_reads_as_it_looks() -> None:
    html = (
        "<html><head><title>no</title><style>p > a {color: red}</style></head><body><!--[if mso]><p>no</p><![endif]-->"
        "<p>Hi&nbsp;there,<br>it <b>broke</b> &amp; smells.</p><ul><li>the lamp<li>the plug</ul>"
        '<a href="https://a.example/x?y=1&amp;z=2">picture</a><table><tr><td>Order<td>FJ-204817</table>'
        "<div>On Mon, 2 Nov 2026 at 10:12, Shop wrote:<blockquote>Good day<div>to you</div></blockquote></div>"
    )
    text = from_html(html)
    assert text == (
        "Hi there,\nit broke & smells.\n\n- the lamp\n- the plug\npicture (https://a.example/x?y=1&z=2)\n"
        "Order FJ-204817\nOn Mon, 2 Nov 2026 at 10:12, Shop wrote:\n> Good day\n> to you"
    )
    assert answer(text).endswith("Order FJ-204817")


MIXED = {
    "plain before HTML": ("multipart/alternative", ["text/html", "text/plain"], "plain"),
    "HTML where plain is empty": ("multipart/alternative", ["text/plain empty", "text/html"], "html"),
    "text around a picture": ("multipart/mixed", ["text/plain", "image/png", "text/plain"], "plain\n\nplain"),
    "a file is not the text": ("multipart/mixed", ["text/plain", "text/plain file"], "plain"),
}


@pytest.mark.parametrize(("kind", "parts", "text"), MIXED.values(), ids=MIXED)
def test_the_text_is_found_among_the_parts(kind: str, parts: list[str], text: str) -> None:
    made = {
        "text/plain": "Content-Type: text/plain\n\nplain\n",
        "text/plain empty": "Content-Type: text/plain\n\n \n",
        "text/plain file": "Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nfile\n",
        "text/html": "Content-Type: text/html\n\n<p>html</p>\n",
        "image/png": "Content-Type: image/png\n\npicture\n",
    }
    body = "".join(f"--b\n{made[part]}" for part in parts)
    raw = f"From: kari@example.org\nContent-Type: {kind}; boundary=b\n\n{body}--b--\n"
    assert reading.read(raw.encode()).text == text
