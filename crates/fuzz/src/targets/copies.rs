//! Files that somebody holds: the readers of their text.

use std::io::{Cursor, Write as _};

use demur_extract::{
    Extracted, Format, Hint, extract,
    limits::{MAX_DOUBTS, MAX_TEXT},
    write_pdf,
};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// A DOCX, as an archive and as the main part of one.
pub fn docx(data: &[u8]) -> bool {
    let as_archive = data.starts_with(b"PK\x03\x04") && read(data, "a.docx", Some(Format::Docx));
    read(&seeds::archive(data), "a.docx", Some(Format::Docx)) || as_archive
}

/// A web page.
pub fn html(data: &[u8]) -> bool {
    read(data, "a.html", None)
}

/// A message.
pub fn mail(data: &[u8]) -> bool {
    read(data, "a.eml", None)
}

/// A PDF, as it is and with a table of places that leads to its objects: without one it is not read.
pub fn pdf(data: &[u8]) -> bool {
    let as_it_is = read(data, "a.pdf", None);
    read(&seeds::tabled(data), "a.pdf", None) || as_it_is
}

/// What is read is within the caps, is not empty, and is the same the second time.
fn read(data: &[u8], name: &str, only: Option<Format>) -> bool {
    let Ok(copy) = extract(data, Hint::name(name)) else {
        return false;
    };
    assert!(only.is_none_or(|format| format == copy.format));
    assert!(copy.readings.iter().any(|r| !r.text.trim().is_empty()));
    assert!(copy.readings.iter().all(|r| r.text.len() <= MAX_TEXT));
    assert!(copy.doubts.len() <= MAX_DOUBTS + 1);
    let json = serde_json::to_vec(&copy).expect("a copy is JSON");
    let again: Extracted = serde_json::from_slice(&json).expect("what was written");
    assert_eq!(again, copy);
    assert_eq!(extract(data, Hint::name(name)).as_ref(), Ok(&copy));
    true
}

/// See the module.
pub(crate) mod seeds {
    use super::*;
    use crate::targets::check::seeds::PARAGRAPH;

    const RELATIONS: &str = r#"<Relationships xmlns="x"><Relationship Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;

    /// An archive whose main part is that.
    pub(crate) fn archive(document: &[u8]) -> Vec<u8> {
        packed(&[
            ("_rels/.rels", RELATIONS.as_bytes()),
            ("word/document.xml", document),
        ])
    }

    fn packed(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        for (name, bytes) in parts {
            zip.start_file(*name, stored).expect("in memory");
            zip.write_all(bytes).expect("in memory");
        }
        zip.finish().expect("in memory").into_inner()
    }

    /// With styles, lists, a theme, settings, a head and notes.
    fn whole() -> Vec<u8> {
        let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        let w = r#"xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main""#;
        let kinds = [
            "styles",
            "numbering",
            "theme",
            "settings",
            "fontTable",
            "header",
            "footnotes",
        ];
        let relations: String = kinds
            .iter()
            .map(|k| format!(r#"<Relationship Id="{k}" Type="{office}/{k}" Target="./{k}.xml"/>"#))
            .collect();
        let relations = format!(
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relations}</Relationships>"#
        );
        let document = format!(
            r#"<w:document {w} xmlns:r="{office}"><w:body><w:p><w:pPr><w:pStyle w:val="a"/><w:ind w:left="-20" w:firstLineChars="1"/><w:numPr><w:ilvl w:val="0"/></w:numPr></w:pPr><w:r><w:rPr><w:color w:val="000000" w:themeColor="accent1" w:themeShade="BF"/><w:shd w:val="pct20" w:color="auto" w:fill="FFFFFF"/><w:spacing w:val="-1pt"/></w:rPr><w:t xml:space="preserve">{PARAGRAPH} </w:t><w:footnoteReference w:id="1"/></w:r></w:p><w:tbl><w:tblPr><w:tblStyle w:val="t"/><w:tblLook w:val="04A0"/></w:tblPr><w:tr><w:tc><w:tcPr><w:gridSpan w:val="2"/><w:vMerge/></w:tcPr><w:sdt><w:sdtPr><w:dataBinding/></w:sdtPr><w:sdtContent><w:p/></w:sdtContent></w:sdt></w:tc></w:tr></w:tbl><w:sectPr><w:headerReference w:type="first" r:id="header"/><w:titlePg/><w:pgMar w:left="1in" w:right="9"/></w:sectPr></w:body></w:document>"#
        );
        let styles = format!(
            r#"<w:styles {w}><w:docDefaults><w:pPrDefault><w:pPr><w:spacing w:line="259" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults><w:style w:type="paragraph" w:styleId="a"><w:basedOn w:val="b"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr><w:rPr><w:caps/></w:rPr></w:style><w:style w:type="table" w:styleId="t"><w:tblStylePr w:type="firstRow"><w:rPr><w:color w:val="FFFFFF"/></w:rPr><w:tcPr><w:shd w:fill="000000"/></w:tcPr></w:tblStylePr></w:style></w:styles>"#
        );
        let numbering = format!(
            r#"<w:numbering {w}><w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="lowerRoman"/><w:pStyle w:val="a"/><w:isLgl/><w:lvlRestart w:val="1"/><w:lvlText w:val="%1."/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="3"/></w:lvlOverride></w:num></w:numbering>"#
        );
        let theme = r#"<a:theme xmlns:a="urn:a"><a:clrScheme><a:accent1><a:srgbClr val="4472C4"/></a:accent1></a:clrScheme><a:latin typeface="Arial"/></a:theme>"#;
        let settings = format!(
            r#"<w:settings {w}><w:evenAndOddHeaders/><w:clrSchemeMapping w:bg1="light1" w:t1="dark1"/></w:settings>"#
        );
        let fonts = format!(
            r#"<w:fonts {w}><w:font w:name="F"><w:charset w:val="02"/></w:font></w:fonts>"#
        );
        let head = format!(
            r#"<w:hdr {w}><w:p><w:fldSimple w:instr="PAGE"><w:r><w:t>1</w:t></w:r></w:fldSimple></w:p></w:hdr>"#
        );
        let notes = format!(
            r#"<w:footnotes {w}><w:footnote w:type="separator" w:id="0"/><w:footnote w:id="1"><w:p><w:r><w:t>note</w:t></w:r></w:p></w:footnote></w:footnotes>"#
        );
        packed(&[
            ("_rels/.rels", RELATIONS.as_bytes()),
            ("word/document.xml", document.as_bytes()),
            ("word/_rels/document.xml.rels", relations.as_bytes()),
            ("word/styles.xml", styles.as_bytes()),
            ("word/numbering.xml", numbering.as_bytes()),
            ("word/theme.xml", theme.as_bytes()),
            ("word/settings.xml", settings.as_bytes()),
            ("word/fontTable.xml", fonts.as_bytes()),
            ("word/header.xml", head.as_bytes()),
            ("word/footnotes.xml", notes.as_bytes()),
        ])
    }

    pub(crate) fn docx() -> Vec<Vec<u8>> {
        let run = |properties: &str, text: &str| {
            format!("<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>")
        };
        let document = format!(
            r#"<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:body><w:p>{}<w:ins>{}</w:ins><w:del><w:r><w:delText>no</w:delText></w:r></w:del>{}</w:p><w:tbl><w:tr><w:tc><w:p>{}</w:p></w:tc></w:tr></w:tbl><w:p><w:r><w:fldChar w:fldCharType="begin"/><w:instrText>PAGE</w:instrText><w:fldChar w:fldCharType="separate"/><w:t>1</w:t><w:fldChar w:fldCharType="end"/></w:r><mc:AlternateContent><mc:Choice><w:r><w:pict><w:txbxContent><w:p>{}</w:p></w:txbxContent></w:pict></w:r></mc:Choice></mc:AlternateContent></w:p></w:body></w:document>"#,
            run("<w:b/>", PARAGRAPH),
            run("<w:vanish/>", "hidden"),
            run(r#"<w:vertAlign w:val="superscript"/>"#, "2"),
            run(r#"<w:color w:val="FFFFFF"/>"#, "white"),
            run("", "box"),
        );
        vec![archive(document.as_bytes()), document.into_bytes(), whole()]
    }

    pub(crate) fn html() -> Vec<Vec<u8>> {
        vec![
            format!("<!DOCTYPE html><html><head><meta charset=utf-8><title>t</title><style media=print><!-- /* x */ @font-face {{ font-family: F }} @media print {{ p.a > b:not(i), [x] {{ color: #333 !important; font: bold 12.0pt/1.5 \"A\", serif; margin: 0 auto 1em; background: rgb(255, 255, 255 / 100%) url(x) }} }} @page W {{ size: 8in 11in }} @list l0:level1 {{ mso-level-text: \"%1\\)\" }} --></style><!--[if gte mso 9]><xml><x/></xml><style>p {{ margin: 0 }}</style><![endif]--></head><body link=#00f style='text-indent:-.25in;mso-list:l0 level1 lfo1'><p class=a id=b style='line-height:107%;vertical-align:super'><![if !supportLists]><span style='mso-list:Ignore'>1.</span><![endif]>{PARAGRAPH}<b><p>x</b><ol type=i start=3><li value=4>y</ol><table><caption>c<tr><td rowspan=2>d<th colspan=2>e<tfoot>f</table><font color=chucknorris size=-1>g</font><q>h</q>").into_bytes(),
            format!("<html><style>.a {{ display: none }}</style><p>{PARAGRAPH}<ul><li style='color:#fff'>one<li>10<sup>2</sup></ul><table><tr><td>&mdash;</table>").into_bytes(),
        ]
    }

    pub(crate) fn mail() -> Vec<Vec<u8>> {
        vec![format!(
            "From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{PARAGRAPH}=20\r\n--x\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\nPHA+T25lPC9wPg==\r\n--x\r\nContent-Type: application/octet-stream; name=a.bin\r\nContent-Disposition: attachment\r\n\r\nx\r\n--x--\r\n"
        )
        .into_bytes(),
        format!(
            "From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=y; start=\"<1>\"\r\n\r\n--y\r\nContent-ID: <1>\r\nContent-Type: multipart/alternative; boundary=z\r\n\r\n--z\r\nContent-Type: text/plain; format=flowed; delsp=yes\r\n\r\n>{PARAGRAPH} \r\n> x \r\n-- \r\n--z\r\nContent-Type: text/x-amp-html; charset=x; charset*=y\r\n\r\n<p>\r\n--z--\r\n--y\r\nContent-Type: message/rfc822\r\n\r\nFrom: b\r\n\r\nx\r\n--y--\r\n"
        )
        .into_bytes()]
    }

    pub(crate) fn pdf() -> Vec<Vec<u8>> {
        let content = "0.9 g 60 700 200 30 re f 0 g BT /F 12 Tf 72 720 Td 15 TL (We do not) Tj 7 Ts (2) Tj 0 Ts T* <6e6f> Tj 3 Tr (x) Tj ET q 9 9 9 9 re W n Q";
        let objects = [
            "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /CropBox [0 0 600 700] /UserUnit 2 /Rotate 0 /Annots [8 0 R] /Contents 5 0 R /Resources << /Font << /F 4 0 R >> >> >>".to_owned(),
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
            format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
            // Never drawn, but unpacked: in each way that is not zlib's.
            "<< /Filter [/ASCIIHexDecode /LZWDecode] /Length 9 >>\nstream\n80202010>\nendstream".to_owned(),
            "<< /F#69lter [ /A85 % a comment\n /RL ] /Length 12 >>\nstream\n!!*-'\"9eu7~>\nendstream".to_owned(),
            "<< /Type /Annot /Subtype /Link /Rect [9 9 99 10] /Border [0 0 3] /BS << /W 2 >> >>".to_owned(),
        ];
        vec![write_pdf(&objects), write_pdf(&coloured())]
    }

    /// Spaces of colour of most families, a profile, and a dictionary that says one thing twice.
    fn coloured() -> Vec<String> {
        let content = "/C cs 0 scn BT /F 12 Tf 72 720 Td (We do) Tj ET";
        let curve = "637572760000000000000001023300";
        let profile = format!(
            "000000b40000000002100000{}{}58595a20{}61637370{}00000002777470740000009c000000146b545243000000b00000000e58595a20000000000000f6d6000100000000d32d{curve}",
            "6d6e7472",
            "47524159",
            "00".repeat(12),
            "00".repeat(88),
        );
        vec![
            "<< /Type /Catalog /Pages 2 0 R /OutputIntents [<< /DestOutputProfile 6 0 R >>] >>".to_owned(),
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
            "<< /Type /Page /Type /Pages /Parent 2 0 R /Type /Page /MediaBox [0 0 612 792] /Contents 5 0 R /Resources << /Font << /F 4 0 R >> /ExtGState << /G << /TR 7 0 R /OP true >> >> /ColorSpace << /C [/ICCBased 6 0 R] /DefaultRGB [/CalRGB << /WhitePoint [0.95 1 1.09] /Gamma [2.2 2.2 2.2] >>] /DefaultGray [/Separation /Black /DeviceGray 7 0 R] /L [/Lab << /WhitePoint [1 1 1] >>] >> >> >>".to_owned(),
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
            format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
            format!("<< /N 1 /Alternate /DeviceGray /Filter /ASCIIHexDecode /Length {} >>\nstream\n{profile}>\nendstream", profile.len() + 1),
            "<< /FunctionType 2 /Domain [0 1] /C0 [1] /C1 [0] /N 1 >>".to_owned(),
        ]
    }

    /// The same with a table behind it, of what looks like an object at a line's beginning.
    pub(crate) fn tabled(data: &[u8]) -> Vec<u8> {
        let mut places: Vec<(u32, usize)> = Vec::new();
        let mut at = 0;
        for line in data.split_inclusive(|b| *b == b'\n') {
            let text = String::from_utf8_lossy(&line[..line.len().min(24)]);
            let number = text.split_once(" 0 obj").and_then(|(n, _)| n.parse().ok());
            places.extend(number.filter(|n| *n > 0).map(|n: u32| (n, at)));
            at += line.len();
        }
        let mut table = String::from("\nxref\n");
        for (number, place) in &places {
            table.push_str(&format!("{number} 1\n{place:010} 00000 n \n"));
        }
        table.push_str(&format!(
            "trailer\n<< /Size 99 /Root 1 0 R >>\nstartxref\n{}\n%%EOF\n",
            data.len() + 1
        ));
        [data, table.as_bytes()].concat()
    }
}
