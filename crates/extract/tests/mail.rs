//! Messages.

mod common;

use demur_extract::{DoubtKind, Extracted, Format, Hint, Label, Rule, extract};

use common::{Docx, kinds, p, read, refused, sound, text, told};

const HEAD: &str = "From: a@example.org\r\nTo: b@example.org\r\nSubject: =?utf-8?q?A_copy?=\r\nMIME-Version: 1.0\r\n";

fn mail(rest: &str) -> Vec<u8> {
    format!("{HEAD}{rest}").into_bytes()
}

#[test]
fn quoted_printable_base64_and_charsets() {
    let copy = read(&mail(
        "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nThe caf=E9 is clo=\r\nsed.\r\n",
    ));
    assert_eq!(copy.format, Format::Mail);
    assert_eq!(text(&copy).trim(), "The café is closed.");
    assert!(
        [Rule::Charset, Rule::TransferEncoding, Rule::MailHeaders]
            .iter()
            .all(|r| copy.disregarded.contains(r))
    );
    let copy = read(&mail(
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nVGhlIGNhZsOpIGlzIGNsb3NlZC4=\r\n",
    ));
    assert_eq!(text(&copy), "The café is closed.");
}

#[test]
fn both_texts_of_an_alternative_are_read() {
    let copy = read(&mail(
        "Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nWe do not agree.\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>We do agree.</p>\r\n--x--\r\n",
    ));
    let readings: Vec<_> = copy
        .readings
        .iter()
        .map(|r| (r.label, r.text.trim()))
        .collect();
    assert_eq!(
        readings,
        [
            (Label::PlainPart, "We do not agree."),
            (Label::HtmlPart, "We do agree.")
        ]
    );
}

#[test]
fn a_sole_attached_document_is_the_copy() {
    let docx = Docx::new(&p("The memo itself.")).bytes();
    let coded = base64(&docx);
    let copy = read(&mail(&format!(
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nSee attached.\r\n--x\r\nContent-Type: application/octet-stream; name=memo.docx\r\nContent-Disposition: attachment; filename=memo.docx\r\nContent-Transfer-Encoding: base64\r\n\r\n{coded}\r\n--x--\r\n"
    )));
    assert_eq!(
        (copy.format, text(&copy)),
        (Format::Docx, "The memo itself.")
    );
    assert!(copy.notes.iter().any(|n| n.contains("memo.docx")));
}

const MEMO: &str = "Nine stations are to close. Six of them stand above the weir at Sallow, where the river rises fastest.";

fn attached(name: &str, body: &str) -> String {
    part(
        &format!("Content-Type: text/plain\r\nContent-Disposition: attachment; filename={name}"),
        body,
    )
}

fn labelled(copy: &Extracted) -> Vec<(Label, &str)> {
    { copy.readings.iter() }
        .map(|r| (r.label, r.text.trim()))
        .collect()
}

#[test]
fn what_a_message_says_beside_its_attachment_counts() {
    let message = |body: &str, note: &str| {
        multipart("mixed", &[part(PLAIN, body), attached("memo.txt", note)])
    };
    // A covering line is told, and no more.
    let copy = sound(message("See attached.", MEMO));
    assert_eq!(labelled(&copy), [(Label::Only, MEMO)]);
    assert!(copy.notes.iter().any(|n| n.contains("\"See attached.\"")));
    // Another text is a doubt, which names it.
    let withdrawn = "This memo was withdrawn by its authors. It is not valid.";
    let copy = read(&message(withdrawn, MEMO));
    assert_eq!(labelled(&copy), [(Label::Only, MEMO)]);
    assert!({ copy.doubts.iter() }.any(|d| d.kind == DoubtKind::Beside && d.text == withdrawn));
    // Few words may be many letters.
    told(
        message(
            "Withdrawn\u{b7}by\u{b7}its\u{b7}authors\u{b7}long\u{b7}ago",
            MEMO,
        ),
        DoubtKind::Beside,
    );
    let letters = "撤".repeat(41);
    told(message(&letters, MEMO), DoubtKind::Beside);
    // A text that is like the attached one is read as it is.
    let altered = MEMO.replace("Six", "Five");
    let copy = sound(message(&altered, MEMO));
    assert_eq!(
        labelled(&copy),
        [(Label::Attachment, MEMO), (Label::Message, &*altered)]
    );
    // Both of its forms.
    let forms = format!(
        "--y\r\nContent-Type: text/plain\r\n\r\nSee attached.\r\n--y\r\nContent-Type: text/html\r\n\r\n<p>{altered}\r\n--y--"
    );
    let copy = sound(multipart(
        "mixed",
        &[
            part("Content-Type: multipart/alternative; boundary=y", &forms),
            attached("memo.txt", MEMO),
        ],
    ));
    assert_eq!(
        labelled(&copy),
        [(Label::Attachment, MEMO), (Label::HtmlPart, &*altered)]
    );
    // What a page may say that was not read.
    told(
        multipart(
            "mixed",
            &[
                part(
                    HTML,
                    "<style>p::after{content:'It is not valid.'}</style><p>See.",
                ),
                attached("memo.txt", MEMO),
            ],
        ),
        DoubtKind::Style,
    );
    // Too few words are no copy.
    let copy = sound(message(MEMO, "not really"));
    assert_eq!(labelled(&copy), [(Label::Only, MEMO)]);
    assert!(copy.notes.iter().any(|n| n.contains("\"not really\"")));
}

#[test]
fn a_form_with_too_few_words_is_left_out() {
    let stub = |plain: &str| {
        multipart(
            "alternative",
            &[part(PLAIN, plain), part(HTML, &format!("<p>{MEMO}"))],
        )
    };
    let copy = sound(stub("see html"));
    assert_eq!(labelled(&copy), [(Label::HtmlPart, MEMO)]);
    assert!(copy.notes.iter().any(|n| n.contains("\"see html\"")));
    assert_eq!(
        read(&stub("This memo was withdrawn yesterday."))
            .readings
            .len(),
        2
    );
}

#[test]
fn a_message_that_was_forwarded_whole_is_the_copy() {
    let inner = format!("From: c@example.org\r\nSubject: x\r\n\r\n{MEMO}");
    let forwarded = |cover: &str, inner: &str| {
        multipart(
            "mixed",
            &[
                part(PLAIN, cover),
                part("Content-Type: message/rfc822", inner),
            ],
        )
    };
    let copy = sound(forwarded("fwd", &inner));
    assert_eq!((copy.format, text(&copy).trim()), (Format::Mail, MEMO));
    let alone = mail(&format!("Content-Type: message/rfc822\r\n\r\n{inner}"));
    assert_eq!(text(&sound(alone)).trim(), MEMO);
    // Beside a text, it is another one; so is what is deeper.
    told(forwarded(MEMO, &inner), DoubtKind::Embedded);
    let twice = format!("From: d@example.org\r\nContent-Type: message/rfc822\r\n\r\n{inner}");
    assert!(refused(&forwarded("fwd", &twice)).contains("attachment"));
}

#[test]
fn quoted_paragraphs_are_read_without_their_signs() {
    let copy = sound(mail(
        "Content-Type: text/plain\r\n\r\nHe wrote:\r\n\r\n> We do\r\n> not agree.\r\n>\r\n> > We do.\r\n>\r\n> End.\r\n",
    ));
    let read = &copy.readings[0];
    assert_eq!(
        read.text.trim().replace("\r\n", "\n"),
        "He wrote:\n\nWe do\nnot agree.\n\n> We do.\n\nEnd."
    );
    assert!(copy.disregarded.contains(&Rule::QuoteSigns));
    // Whoever looks for quotations has them.
    assert!(read.article().contains("> not agree."));
}

#[test]
fn a_document_has_no_doubts_of_the_message_that_brought_it() {
    let docx = Docx::new(&p("The memo itself.")).bytes();
    let memo = format!(
        "Content-Type: application/octet-stream; name=memo.docx\r\nContent-Disposition: attachment; filename=memo.docx\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        base64(&docx)
    );
    let message = |more: &str| {
        mail(&format!(
            "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: multipart/related; boundary=y\r\n\r\n--y\r\nContent-Type: text/html\r\n\r\n<p>See attached.\r\n--y\r\nContent-Type: image/png; name=image001.png\r\nContent-ID: <1>\r\n\r\nx\r\n--y--\r\n--x\r\n{more}--x--\r\n"
        ))
    };
    let copy = sound(message(&memo));
    assert_eq!(text(&copy), "The memo itself.");
    // The picture stands beside the message's own text.
    told(
        message("Content-Type: text/plain\r\n\r\nEnd.\r\n"),
        DoubtKind::Picture,
    );
}

#[test]
fn outlooks_own_form_of_the_text_is_told() {
    for kind in ["application/ms-tnef", "application/vnd.ms-tnef"] {
        told(
            multipart(
                "mixed",
                &[
                    part(PLAIN, "We do not agree."),
                    part(
                        &format!(
                            "Content-Type: {kind}; name=winmail.dat\r\nContent-Disposition: attachment; filename=winmail.dat"
                        ),
                        "x",
                    ),
                ],
            ),
            DoubtKind::Embedded,
        );
    }
}

#[test]
fn a_byte_order_mark_does_not_overrule_the_field() {
    let marked = |charset: &str| {
        let mut message = mail(&format!(
            "Content-Type: text/plain; charset={charset}\r\n\r\n"
        ));
        message.extend_from_slice("\u{feff}It rose by 10\u{b2}.\r\n".as_bytes());
        message
    };
    sound(marked("utf-8"));
    told(marked("windows-1252"), DoubtKind::Contradiction);
}

#[test]
fn pictures_are_told_and_what_is_encrypted_is_refused() {
    let copy = read(&mail(
        "Content-Type: multipart/related; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>We do <img src=cid:1> agree.\r\n--x\r\nContent-Type: image/png; name=a.png\r\nContent-ID: <1>\r\n\r\nx\r\n--x--\r\n",
    ));
    assert!(kinds(&copy).contains(&DoubtKind::Picture));
    let encrypted =
        mail("Content-Type: multipart/encrypted; boundary=x\r\n\r\n--x\r\n\r\na\r\n--x--\r\n");
    assert!(refused(&encrypted).contains("encrypted"));
}

/// A part of a multipart message with the boundary `x`.
fn part(fields: &str, body: &str) -> String {
    format!("--x\r\n{fields}\r\n\r\n{body}\r\n")
}

fn multipart(kind: &str, parts: &[String]) -> Vec<u8> {
    mail(&format!(
        "Content-Type: multipart/{kind}; boundary=x\r\n\r\n{}--x--\r\n",
        parts.concat()
    ))
}

const PLAIN: &str = "Content-Type: text/plain; charset=utf-8";
const HTML: &str = "Content-Type: text/html; charset=utf-8";

#[test]
fn messages_as_programs_write_them() {
    let sound: &[(&str, Vec<u8>, &[&str])] = &[
        (
            "Gmail",
            mail(
                "Content-Type: multipart/alternative; boundary=\"000000000000a1b2c3\"\r\n\r\n--000000000000a1b2c3\r\nContent-Type: text/plain; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nWe do *not* agree =E2=80=94 now.\r\n\r\n--000000000000a1b2c3\r\nContent-Type: text/html; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<div dir=3D\"ltr\"><div>We do <b>not</b> agree =E2=80=94 now.<br clear=3D\"all\"></div></div>\r\n\r\n--000000000000a1b2c3--\r\n",
            ),
            &["We do *not* agree — now.", "We do not agree — now."],
        ),
        (
            "Gmail, a quoted message",
            multipart(
                "alternative",
                &[
                    part(PLAIN, "See.\r\n\r\nOn Fri, A wrote:\r\n> We do not agree."),
                    part(
                        HTML,
                        "<div dir=\"ltr\">See.</div><br><div class=\"gmail_quote gmail_quote_container\"><div dir=\"ltr\" class=\"gmail_attr\">On Fri, A wrote:<br></div><blockquote class=\"gmail_quote\" style=\"margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex\"><div dir=\"auto\">We do not agree.</div></blockquote></div>",
                    ),
                ],
            ),
            &[
                "See.\n\nOn Fri, A wrote:\n> We do not agree.",
                "See.\n\nOn Fri, A wrote:\n\nWe do not agree.",
            ],
        ),
        (
            "Outlook",
            mail(
                "Content-Type: text/html; charset=\"us-ascii\"\r\nContent-Transfer-Encoding: 7bit\r\n\r\n<html xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\" xmlns:w=\"urn:schemas-microsoft-com:office:word\" xmlns:m=\"http://schemas.microsoft.com/office/2004/12/omml\" xmlns=\"http://www.w3.org/TR/REC-html40\"><head><meta http-equiv=Content-Type content=\"text/html; charset=us-ascii\"><meta name=Generator content=\"Microsoft Word 15 (filtered medium)\"><style><!--\r\n/* Font Definitions */\r\n@font-face\r\n\t{font-family:\"Cambria Math\";\r\n\tpanose-1:2 4 5 3 5 4 6 3 2 4;}\r\n/* Style Definitions */\r\np.MsoNormal, li.MsoNormal, div.MsoNormal\r\n\t{margin:0in;\r\n\tfont-size:11.0pt;\r\n\tfont-family:\"Calibri\",sans-serif;\r\n\tmso-ligatures:standardcontextual;}\r\nspan.EmailStyle17\r\n\t{mso-style-type:personal-compose;\r\n\tfont-family:\"Calibri\",sans-serif;\r\n\tcolor:windowtext;}\r\n.MsoChpDefault\r\n\t{mso-style-type:export-only;}\r\n@page WordSection1\r\n\t{size:8.5in 11.0in;\r\n\tmargin:1.0in 1.0in 1.0in 1.0in;}\r\ndiv.WordSection1\r\n\t{page:WordSection1;}\r\n--></style><!--[if gte mso 9]><xml>\r\n<o:shapedefaults v:ext=\"edit\" spidmax=\"1026\" />\r\n</xml><![endif]--></head><body lang=EN-US link=\"#0563C1\" vlink=\"#954F72\" style='word-wrap:break-word'><div class=WordSection1><p class=MsoNormal>We do <b>not</b> agree.<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p></div></body></html>\r\n",
            ),
            &["We do not agree."],
        ),
        (
            "Outlook on the web",
            mail(
                "Content-Type: text/html; charset=\"iso-8859-1\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<html>\r\n<head>\r\n<meta http-equiv=3D\"Content-Type\" content=3D\"text/html; charset=3Diso-8859-=\r\n1\">\r\n<style type=3D\"text/css\" style=3D\"display:none;\"> P {margin-top:0;margin-bo=\r\nttom:0;} </style>\r\n</head>\r\n<body dir=3D\"ltr\">\r\n<div class=3D\"elementToProof\" style=3D\"font-family: Aptos, Aptos_EmbeddedFont, =\r\nAptos_MSFontService, Calibri, Helvetica, sans-serif; font-size: 12pt; color: rgb(0,=\r\n 0, 0);\">\r\nThe caf=E9 is <u>closed</u>.</div>\r\n</body>\r\n</html>\r\n",
            ),
            &["The café is closed."],
        ),
        (
            "Apple Mail",
            mail(
                "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n<html><head><meta http-equiv=\"content-type\" content=\"text/html; charset=utf-8\"></head><body style=\"overflow-wrap: break-word; -webkit-nbsp-mode: space; line-break: after-white-space;\"><div>We do not agree.</div><div><br></div></body></html>\r\n",
            ),
            &["We do not agree."],
        ),
        (
            "Thunderbird",
            mail(
                "Content-Type: text/plain; charset=UTF-8; format=flowed\r\nContent-Transfer-Encoding: 8bit\r\n\r\nWe do \r\nnot agree.\r\n\r\n 5 is a number.\r\n",
            ),
            &["We do not agree.\n\n5 is a number."],
        ),
        (
            "a list's foot",
            multipart(
                "mixed",
                &[
                    part(
                        "Content-Type: multipart/alternative; boundary=y",
                        "--y\r\nContent-Type: text/plain\r\n\r\nWe agree.\r\n--y\r\nContent-Type: text/html\r\n\r\n<p>We agree.\r\n--y--",
                    ),
                    part(PLAIN, "Sent by a list."),
                ],
            ),
            &[
                "We agree.\n\nSent by a list.",
                "We agree.\n\nSent by a list.",
            ],
        ),
        (
            "signed",
            multipart(
                "signed; micalg=pgp-sha256; protocol=\"application/pgp-signature\"",
                &[
                    part(PLAIN, "We agree."),
                    part(
                        "Content-Type: application/pgp-signature; name=\"s.asc\"\r\nContent-Disposition: attachment; filename=\"s.asc\"",
                        "x",
                    ),
                ],
            ),
            &["We agree."],
        ),
    ];
    for (what, message, texts) in sound {
        let copy = read(message);
        assert!(copy.doubts.is_empty(), "{what}: {:?}", copy.doubts);
        let read: Vec<String> = { copy.readings.iter() }
            .map(|r| r.text.trim().replace("\r\n", "\n"))
            .collect();
        assert_eq!(read, *texts, "{what}");
    }
}

#[test]
fn parts_that_a_program_may_show_are_told() {
    let plain = || part(PLAIN, "We do not agree.");
    let html = || part(HTML, "<p>We do not agree.");
    for (kind, message) in [
        (
            DoubtKind::Contradiction,
            multipart(
                "alternative",
                &[
                    plain(),
                    part("Content-Type: text/x-amp-html", "<html amp4email>We agree."),
                    html(),
                ],
            ),
        ),
        (
            DoubtKind::Embedded,
            multipart(
                "alternative",
                &[
                    plain(),
                    part(
                        "Content-Type: text/calendar; method=REQUEST",
                        "BEGIN:VCALENDAR",
                    ),
                ],
            ),
        ),
        (
            DoubtKind::Embedded,
            multipart(
                "alternative",
                &[plain(), part("Content-Type: text/enriched", "We agree.")],
            ),
        ),
        (
            DoubtKind::Contradiction,
            multipart(
                "alternative",
                &[plain(), part("Content-Type: application/rtf", "{\\rtf")],
            ),
        ),
        (
            DoubtKind::Contradiction,
            multipart(
                "alternative",
                &[plain(), html(), part(HTML, "<p>We do agree.")],
            ),
        ),
        (
            DoubtKind::Contradiction,
            multipart("alternative", &[plain(), part(PLAIN, "We do agree.")]),
        ),
        (
            DoubtKind::Embedded,
            multipart(
                "mixed",
                &[
                    plain(),
                    part(
                        "Content-Type: message/rfc822",
                        "From: c@example.org\r\n\r\nWe agree.",
                    ),
                ],
            ),
        ),
        (
            DoubtKind::Embedded,
            multipart(
                "mixed",
                &[
                    plain(),
                    part(
                        "Content-Type: message/rfc822\r\nContent-Disposition: attachment; filename=a.eml",
                        "From: c@example.org\r\n\r\nWe agree.",
                    ),
                ],
            ),
        ),
        (
            DoubtKind::Embedded,
            multipart(
                "digest",
                &[
                    plain(),
                    part("X: y", "From: c@example.org\r\n\r\nWe agree."),
                ],
            ),
        ),
        (
            DoubtKind::Embedded,
            multipart(
                "mixed",
                &[
                    plain(),
                    part("Content-Type: message/external-body; access-type=url", ""),
                ],
            ),
        ),
        (
            DoubtKind::Embedded,
            multipart(
                "mixed",
                &[
                    plain(),
                    part(
                        "Content-Type: text/plain\r\nContent-Disposition: attachment",
                        "We agree.",
                    ),
                ],
            ),
        ),
        (
            DoubtKind::Embedded,
            multipart("related", &[html(), part(HTML, "<p>We agree.")]),
        ),
        (
            DoubtKind::Contradiction,
            multipart(
                "related; start=\"<b>\"",
                &[
                    part("Content-Type: text/html\r\nContent-ID: <a>", "<p>a"),
                    part("Content-Type: text/html\r\nContent-ID: <b>", "<p>b"),
                ],
            ),
        ),
        (
            DoubtKind::Picture,
            multipart(
                "related",
                &[
                    html(),
                    part(
                        "Content-Type: image/png; name=a.png\r\nContent-ID: <1>",
                        "x",
                    ),
                ],
            ),
        ),
        (
            DoubtKind::Hidden,
            mail(
                "Content-Type: text/html\r\n\r\n<p>We do <span style='display:none'>not</span> agree.",
            ),
        ),
    ] {
        let copy = read(&message);
        assert!(
            kinds(&copy).contains(&kind),
            "{}: {:?}",
            String::from_utf8_lossy(&message),
            copy.doubts
        );
    }
    // What follows both forms belongs to each.
    let copy = read(&multipart(
        "mixed",
        &[
            part(
                "Content-Type: multipart/alternative; boundary=y",
                "--y\r\nContent-Type: text/plain\r\n\r\nWe agree.\r\n--y\r\nContent-Type: text/html\r\n\r\n<p>We agree.\r\n--y--",
            ),
            part(PLAIN, "But only if they do."),
        ],
    ));
    assert!(copy.readings.iter().all(|r| r.text.contains("only if")));
}

#[test]
fn fields_that_contradict_each_other_are_told() {
    for fields in [
        "Content-Type: text/plain\r\nContent-Type: text/html",
        "Content-Type: text/plain; charset=utf-8; charset=koi8-r",
        "Content-Type: text/plain; charset*=utf-8''koi8-r; charset=utf-8",
        "Content-Type: text/plain; charset=utf-7",
        "Content-Type: text/plain; charset=\"utf-8\" koi8-r",
        "Content-Type: text/plain (text/html)",
        "Content-Type: text",
        "Content-Type: multipart/mixed",
        "Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Transfer-Encoding: 7bit",
        "Content-Type: text/plain\r\nContent-Transfer-Encoding: x-uuencode",
        "Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\nX: =",
        "Content-Type: multipart/mixed; boundary=x; boundary=y",
        "Content-Type: multipart/mixed; boundary*0=x; boundary*1=y",
    ] {
        let body = if fields.contains("boundary") {
            "--x\r\n\r\nWe do not agree.\r\n--x--"
        } else {
            "We do =not agree."
        };
        let message = mail(&format!("{fields}\r\n\r\n{body}\r\n"));
        // Or refused.
        let Ok(copy) = extract(&message, Hint::default()) else {
            continue;
        };
        assert!(
            kinds(&copy).contains(&DoubtKind::Contradiction),
            "{fields}: {:?}",
            copy.doubts
        );
    }
    for message in [
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nWe do\r\n--xy\r\n\r\nnot\r\n--x--\r\n",
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: multipart/mixed; boundary=xx\r\n\r\n--xx\r\n\r\nnot\r\n--xx--\r\n--x--\r\n",
        "Content-Type: multipart/mixed; boundary=x\r\nContent-Transfer-Encoding: base64\r\n\r\n--x\r\n\r\nnot\r\n--x--\r\n",
        "Content-Type: text/html; charset=koi8-r\r\n\r\n<meta charset=utf-8><p>caf\u{e9}\r\n",
    ] {
        let copy = read(&mail(message));
        assert!(
            kinds(&copy).contains(&DoubtKind::Contradiction),
            "{message}: {:?}",
            copy.doubts
        );
    }
    // Others may come as often as they will.
    let copy = read(&mail(
        "Received: a\r\nReceived: b\r\nTo: c\r\nTo: d\r\nContent-Type: text/plain; x=1; x=2\r\n\r\nWe agree.\r\n",
    ));
    assert!(copy.doubts.is_empty(), "{:?}", copy.doubts);
}

#[test]
fn flowed_text_is_put_together() {
    let flowed = |more: &str, body: &str| {
        let copy = read(&mail(&format!(
            "Content-Type: text/plain; format=flowed{more}\r\n\r\n{body}\r\n"
        )));
        assert!(copy.doubts.is_empty(), "{:?}", copy.doubts);
        text(&copy).trim().to_owned()
    };
    assert_eq!(flowed("", "We do \r\nnot agree."), "We do not agree.");
    // No blank is left where it is to be deleted: it shows "notable".
    assert_eq!(flowed("; delsp=yes", "no \r\ntable"), "notable");
    assert_eq!(
        flowed("", ">We do \r\n>not agree.\r\nNo."),
        "> We do not agree.\nNo."
    );
    assert_eq!(flowed("", " >5 years"), ">5 years");
}

fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let n = chunk.iter().fold(0_u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let sign = SIGNS[(n >> (18 - 6 * i)) as usize & 63];
            out.push(if i > chunk.len() {
                '='
            } else {
                char::from(sign)
            });
        }
    }
    out
}
