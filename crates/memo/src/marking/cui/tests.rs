use super::*;

fn parse(text: &str) -> CuiMarking {
    CuiMarking::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"))
}

#[test]
fn one_spelling_is_written() {
    for (given, written) in [
        ("U", "U"),
        ("CUI", "CUI"),
        ("CONTROLLED//PRVCY", "CUI//PRVCY"),
        (
            "CUI//PRVCY/SP-CTI/ISVI/SP-AG",
            "CUI//SP-AG/SP-CTI/ISVI/PRVCY",
        ),
        ("CUI//NOFORN", "CUI//NF"),
        ("CUI//SP-CTI//NOFORN/FED ONLY", "CUI//SP-CTI//FED ONLY/NF"),
        (
            "CUI//REL TO GBR, USA, FVEY, AUS",
            "CUI//REL TO USA, AUS, GBR, FVEY",
        ),
        (
            "CUI//PRIVILEGE//Attorney-Client/AWP",
            "CUI//PRIVILEGE//AC/AWP",
        ),
    ] {
        assert_eq!(parse(given).to_string(), written);
        assert_eq!(parse(written).to_string(), written);
    }
}

#[test]
fn what_the_grammar_refuses() {
    for bad in [
        "",
        "cui",
        "CUI//",
        "CUI/PRVCY",
        "CUI//prvcy",
        "CUI//PRVCY/",
        "CUI//PRVCY//",
        "U//NF",
        "CUI//NF//PRVCY",
        "CUI//A//NF//NF",
        "CUI//NF/NF",
        "CUI//CTI/CTI",
        "CUI//SP-",
        "CUI//1A",
        "CUI//NF/REL TO USA, GBR",
        "CUI//NF/DISPLAY ONLY CAN",
        "CUI//NF/REL TO USA, GBR/DISPLAY ONLY CAN",
        "CUI//REL TO GBR",
        "CUI//REL TO USA",
        "CUI//REL TO USA, gbr",
        "CUI//REL TO USA, GBR/REL TO USA, AUS",
        "CUI//FED ONLY/NOCON",
        "CUI//AC",
        "CUI//CTI//AWP",
        "CUI//SP-NF",
        "SECRET",
    ] {
        assert!(CuiMarking::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn roll_up() {
    for (portions, expected) in [
        (&[][..], "UNCLASSIFIED"),
        (&["U"], "UNCLASSIFIED"),
        (&["U", "CUI"], "CUI"),
        (
            &["CUI//PRVCY", "CUI//SP-CTI//NF", "U"],
            "CUI//SP-CTI/PRVCY//NOFORN",
        ),
        (
            &[
                "CUI//REL TO USA, GBR, AUS",
                "CUI//REL TO USA, AUS, CAN",
                "CUI",
            ],
            "CUI//REL TO USA, AUS",
        ),
        (
            &["CUI//REL TO USA, GBR", "CUI//REL TO USA, CAN"],
            "CUI//NOFORN",
        ),
        (&["CUI//REL TO USA, GBR", "CUI//NF"], "CUI//NOFORN"),
        (
            &["CUI//REL TO USA, GBR", "CUI//DISPLAY ONLY GBR, CAN"],
            "CUI//DISPLAY ONLY GBR",
        ),
        (&["CUI//NOCON", "CUI//FEDCON"], "CUI//FED ONLY"),
        (&["CUI//FED ONLY", "CUI//NOCON"], "CUI//FED ONLY"),
        (
            &["CUI//DL ONLY", "CUI//DELIB", "CUI//PRIVILEGE//AC"],
            "CUI//PRIVILEGE//Attorney-Client/Deliberative/DL ONLY",
        ),
    ] {
        let portions: Vec<_> = portions.iter().map(|p| parse(p)).collect();
        assert_eq!(banner(&portions), expected);
    }
}

#[test]
fn a_marking_says_what_it_holds() {
    let marking = parse("CUI//SP-CTI/PRVCY//NF");
    assert!(marking.is_controlled());
    let categories: Vec<(&str, bool)> = { marking.categories() }
        .map(|c| (c.name(), c.is_specified()))
        .collect();
    assert_eq!(categories, [("CTI", true), ("PRVCY", false)]);
    let controls: Vec<&Control> = marking.controls().collect();
    assert_eq!(controls, [&Control::Noforn]);
    for unclassified in ["U", "UNCLASSIFIED"] {
        let marking = parse(unclassified);
        assert!(!marking.is_controlled());
        assert_eq!(marking.categories().count() + marking.controls().count(), 0);
        let more = CuiMarking::parse(&format!("{unclassified}//PRVCY"));
        assert!(more.unwrap_err().contains("a U portion has no"));
    }
}

#[test]
fn as_many_as_may_be_named() {
    let letters = |n: usize| {
        format!(
            "A{}{}",
            char::from(b'A' + (n / 26) as u8),
            char::from(b'A' + (n % 26) as u8)
        )
    };
    let list = |count: usize, with: &str| (0..count).map(letters).collect::<Vec<_>>().join(with);
    assert!(CuiMarking::parse(&format!("CUI//{}", list(MAX_ITEMS, "/"))).is_ok());
    let countries = list(MAX_ITEMS - 1, ", ");
    assert!(CuiMarking::parse(&format!("CUI//REL TO USA, {countries}")).is_ok());
    for more in [1, 2] {
        let categories = list(MAX_ITEMS + more, "/");
        let error = CuiMarking::parse(&format!("CUI//{categories}")).unwrap_err();
        assert!(error.contains("categories or controls"), "{error}");
        let countries = list(MAX_ITEMS + more - 1, ", ");
        let error = CuiMarking::parse(&format!("CUI//REL TO USA, {countries}")).unwrap_err();
        assert!(error.contains("countries"), "{error}");
    }
}
