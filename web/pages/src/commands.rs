//! What the program does in the place of each page of the desk, for visitors whose browser runs nothing.

/// What a person does on pages of the desk, and the commands that do the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task {
    /// The addresses of its pages; `*` stands for a memo.
    pub pages: &'static [&'static str],
    /// What is done.
    pub what: &'static str,
    /// What to do beside the commands.
    pub note: &'static str,
    /// The commands, whole; what stands in capitals is filled in.
    pub commands: &'static [&'static str],
}

const fn task(
    pages: &'static [&'static str],
    what: &'static str,
    commands: &'static [&'static str],
) -> Task {
    Task {
        pages,
        what,
        note: "",
        commands,
    }
}

/// All of them. A page's own come in this order.
pub const TASKS: [Task; 25] = [
    task(
        &["/desk", "/desk/enrol", "/desk/words"],
        "Enrol with your code",
        &["demur identity new --code CODE"],
    ),
    task(
        &["/desk", "/desk/member"],
        "See what you hold, and whether you are certified",
        &["demur identity show"],
    ),
    task(
        &["/desk/restore"],
        "Come back with your 24 words",
        &["demur identity restore"],
    ),
    Task {
        note: "Point DEMUR_HOME at a folder that holds the key file as keys.age; then:",
        ..task(
            &["/desk/import", "/desk/move", "/desk/trust"],
            "Bring a key file to another device, trust a channel",
            &["demur trust --server URL --policy FILE"],
        )
    },
    task(
        &["/desk/link", "/desk/memo/*/read"],
        "Read a memo",
        &["demur memo read LINK", "demur memo read LINK --version N"],
    ),
    task(
        &["/desk/memo/*/read"],
        "Sign, withdraw your sign-on, endorse",
        &["demur sign LINK", "demur unsign LINK", "demur endorse LINK"],
    ),
    task(
        &["/desk/memo/*/claim"],
        "Show an inspector that you signed",
        &["demur claim LINK --audience WHO --out FILE"],
    ),
    task(
        &["/desk/write"],
        "Open a memo; make the key with which another author names you",
        &[
            "demur memo new TEXT",
            "demur memo new TEXT --with KEY",
            "demur memo key",
        ],
    ),
    task(
        &["/desk/memo/*"],
        "Follow a memo, take it back",
        &["demur memo status MEMO", "demur memo withdraw MEMO"],
    ),
    task(
        &["/desk/memo/*/edit"],
        "Amend it",
        &["demur memo edit MEMO TEXT", "demur memo amend MEMO TEXT"],
    ),
    task(
        &["/desk/memo/*/changes"],
        "What a version changed",
        &[
            "demur memo diff MEMO",
            "demur memo diff MEMO --from N --to N",
        ],
    ),
    task(
        &["/desk/memo/*/share"],
        "Give it to readers",
        &[
            "demur memo share MEMO",
            "demur memo share MEMO --reader NAME",
        ],
    ),
    task(&["/desk/memo/*/file"], "File it", &["demur memo file MEMO"]),
    task(
        &["/desk/memo/*/case"],
        "Read the response, write to the office, reply",
        &[
            "demur memo read MEMO --what response",
            "demur memo message MEMO TEXT",
            "demur memo rejoin MEMO TEXT",
        ],
    ),
    task(
        &["/desk/memo/*/case"],
        "Give it away, make it public",
        &[
            "demur memo bundle MEMO --out FILE",
            "demur memo bundle MEMO --versions N --show LIST --out FILE",
            "demur memo release MEMO FILE",
            "demur memo pdf MEMO --out FILE",
            "demur memo docx MEMO --out FILE",
            "demur memo fingerprint MEMO",
        ],
    ),
    task(
        &["/desk/archive"],
        "Which of many memos is this copy from?",
        &[
            "demur archive match COPY",
            "demur archive add FILE",
            "demur archive add --mine",
            "demur archive search WORDS",
        ],
    ),
    task(
        &["/desk/keys"],
        "Make the keys of a role, show their public lines",
        &[
            "demur key new --role ROLE --origin ORIGIN",
            "demur key show",
        ],
    ),
    task(
        &["/desk/join"],
        "Take up an invitation",
        &["demur office join ACCOUNT --invitation CODE"],
    ),
    task(
        &["/desk/office", "/desk/office/calendar"],
        "The office: the cases, and what is due",
        &["demur office inbox"],
    ),
    task(
        &["/desk/office/*"],
        "The office: one case",
        &[
            "demur office open MEMO",
            "demur office acknowledge MEMO",
            "demur office return MEMO --reason CODE --letter FILE",
            "demur office distribute MEMO --to ID",
            "demur office message MEMO TEXT",
        ],
    ),
    task(
        &["/desk/office/*/respond"],
        "The office: the response",
        &["demur office respond MEMO TEXT"],
    ),
    task(
        &["/desk/office/accounts"],
        "The office: who has an account",
        &[
            "demur office accounts",
            "demur office admit ACCOUNT --key KEY",
        ],
    ),
    task(
        &["/desk/principal", "/desk/principal/*"],
        "An official on the list",
        &["demur principal inbox", "demur principal open MEMO"],
    ),
    task(
        &["/desk/registrar"],
        "The registrar",
        &[
            "demur roster import PEOPLE.csv --letters FOLDER",
            "demur roster status",
            "demur roster recode EMAIL",
            "demur roster publish",
        ],
    ),
    task(
        &["/desk/overseer"],
        "The overseer",
        &["demur roster attest --letters FILE"],
    ),
];

/// What the program does in the place of the page at `path`, and what else it does. Which of all is its page's tells
/// nothing by the length of an answer: each stands on every page once.
#[must_use]
pub fn of_page(path: &str) -> (Vec<&'static Task>, Vec<&'static Task>) {
    // A page's own address before one that holds any memo's: `/desk/office/accounts`.
    let named = |page: &str| page.trim_end_matches('/') == path.trim_end_matches('/');
    let exact = TASKS.iter().any(|task| task.pages.iter().any(|p| named(p)));
    let (mut own, mut rest): (Vec<_>, Vec<_>) = TASKS.iter().partition(|task| {
        { task.pages.iter() }.any(|page| if exact { named(page) } else { fits(page, path) })
    });
    // Nowhere: as at the door.
    if own.is_empty() {
        let door = |task: &&Task| task.pages.contains(&"/desk");
        (own, rest) = TASKS.iter().partition(door);
    }
    (own, rest)
}

fn fits(page: &str, path: &str) -> bool {
    let mut parts = path.split('/').skip(1).filter(|part| !part.is_empty());
    let fits = |wanted: &str| parts.next().is_some_and(|p| wanted == "*" || wanted == p);
    page.split('/').skip(1).all(fits) && parts.next().is_none()
}
