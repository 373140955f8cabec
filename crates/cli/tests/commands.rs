//! What the program says, as data: each file in `tests/commands/` holds commands, their exit codes and what they print.
//!
//! `TRYCMD=overwrite cargo test -p demur --test commands` writes what it prints now: read the difference before you keep it.

#[test]
fn commands() {
    trycmd::TestCases::new()
        .env("DEMUR_PASSPHRASE", "a passphrase for tests")
        .env("DEMUR_HOME", "home")
        .case("tests/commands/*.trycmd");
}
