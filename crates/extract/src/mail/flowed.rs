//! `format=flowed` (RFC 3676): lines that end with a blank go on in the next.

/// The text with its lines put together; `delete` is `DelSp=yes`.
pub(super) fn unfold(text: &str, delete: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // How deep the line is quoted to which the next is added.
    let mut open: Option<usize> = None;
    for line in text.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let unquoted = line.trim_start_matches('>');
        let depth = line.len() - unquoted.len();
        let content = unquoted.strip_prefix(' ').unwrap_or(unquoted);
        let signature = content == "-- ";
        if open != Some(depth) || signature {
            if open.is_some() || !out.is_empty() {
                out.push('\n');
            }
            out.push_str(&">".repeat(depth));
            if depth > 0 && !content.is_empty() {
                out.push(' ');
            }
        }
        let soft = content.ends_with(' ') && !signature;
        out.push_str(match content.strip_suffix(' ') {
            Some(rest) if soft && delete => rest,
            _ => content,
        });
        open = soft.then_some(depth);
        if !soft && line.is_empty() && out.is_empty() {
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_go_on() {
        for (text, delete, unfolded) in [
            (
                "We do \r\nnot agree.\r\nEnd",
                false,
                "We do not agree.\nEnd",
            ),
            ("no \r\ntable", true, "notable"),
            ("no \r\ntable", false, "no table"),
            (" >5 days\r\n From x", false, ">5 days\nFrom x"),
            (">a \r\n>b\r\n>>c \r\nd", false, "> a b\n>> c \nd"),
            ("a \r\n-- \r\nb", false, "a \n-- \nb"),
            ("a\r\n\r\nb", false, "a\n\nb"),
        ] {
            assert_eq!(unfold(text, delete), unfolded, "{text:?}");
        }
    }
}
