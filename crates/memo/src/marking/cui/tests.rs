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
