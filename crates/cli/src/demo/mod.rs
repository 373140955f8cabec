//! `demur demo`: one memo's whole life on a fresh channel, through a real server, as separate people with separate
//! homes. Each step is the function of the program's command that a person would run.

mod case;
mod cast;
mod people;
mod play;
mod report;
mod setup;
mod stage;
mod text;
mod verdicts;

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use serde_json::json;

use self::{
    cast::Cast,
    play::{Opened, Play},
    report::Report,
    stage::{PASSPHRASE, PASSWORD, Stage},
    verdicts::Rulings,
};
use crate::{
    args::DemoArgs,
    fail::{Failure, Outcome},
    out::Out,
};

/// Where everything goes, unless it is told.
const DEFAULT_DIR: &str = "demur-demo";

/// Plays it; then serves until it is stopped, unless told not to.
pub(crate) fn run(args: &DemoArgs, out: Out) -> Outcome {
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .with_writer(std::io::stderr)
        .with_target(false)
        .init();
    let cast = Cast::new(args.members, args.signers)?;
    let dir = args
        .dir
        .clone()
        .unwrap_or_else(|| PathBuf::from(DEFAULT_DIR));
    let stage = Stage::new(&dir, args.listen)?;
    let mut play = Play {
        stage,
        cast,
        report: Report::new(out),
    };
    out.line(format_args!(
        "Everything is in {}. The people are invented: each key store there has the passphrase “{PASSPHRASE}”, under a\n\
         work factor that protects nothing; each account the password “{PASSWORD}”.\n",
        play.stage.path("").display()
    ));
    let played = play_all(&mut play);
    let (opened, rulings) = match played {
        Ok(done) => done,
        Err(failure) => {
            // What failed is what is told; the server ends in good order all the same.
            let _ = play.stage.close();
            return Err(failure);
        }
    };
    finish(args, play, &opened, &rulings, out)
}

fn play_all(play: &mut Play) -> Outcome<(Opened, Rulings)> {
    play.set_up()?;
    play.accounts()?;
    let words = play.roster()?;
    let opened = play.draft()?;
    play.withdraw(&opened, &words)?;
    play.confirm(&opened)?;
    play.file(&opened)?;
    play.office(&opened)?;
    play.answer(&opened)?;
    let files = play.leave_files(&opened)?;
    // A copy that nothing is written to meanwhile: as anybody gets who fetches the record.
    play.stage.stop_server()?;
    copy_folder(
        &play.stage.server_dir().join("record"),
        &play.stage.path("record"),
    )?;
    play.stage.start_server()?;
    play.report
        .step("server stopped, record copied, server started again");
    let rulings = play.judge(&files)?;
    Ok((opened, rulings))
}

fn finish(args: &DemoArgs, play: Play, opened: &Opened, rulings: &Rulings, out: Out) -> Outcome {
    let Play {
        stage,
        report,
        cast,
    } = play;
    let (dir, url) = (stage.path(""), stage.url());
    let dir = dir.display().to_string();
    let dir = dir.trim_end_matches('/');
    let seconds = report.elapsed().as_secs_f64();
    let page = format!("{url}/m/{}", opened.id);
    let wrong = rulings.wrong().count();
    let serving = !args.no_serve && wrong == 0;
    let mut text = format!(
        "\n{}\n{} verdicts, {wrong} of them other than they must be; {seconds:.1} s from start to end.\n\n\
         By hand:\n  \
         demur verify {dir}/memo.demur --key {dir}/policy\n  \
         demur check {dir}/copies/one-word-changed.md --against {dir}/memo.demur --key {dir}/policy\n  \
         demur audit {dir}/record --key {dir}/policy\n  \
         age -d -i {dir}/office.age-identity {dir}/memo.office.age\n",
        rulings.screen,
        rulings.list.len()
    );
    if serving {
        let _ = write!(
            text,
            "  DEMUR_PASSPHRASE='{PASSPHRASE}' demur --home {dir}/people/{} memo status {}\n\n\
             The channel     {url}/\n\
             The memo        {page}\n\
             Readers' link   {}\n\n\
             Serving until Ctrl-C.",
            cast.author().slug,
            opened.id.short(),
            *opened.link.reveal()
        );
    } else {
        let _ = write!(
            text,
            "\nServer and witnesses again:\n  {}",
            stage.restart_commands().join("\n  ")
        );
    }
    let value = json!({
        "dir": dir, "url": url, "memo": opened.id, "seconds": seconds, "steps": report.into_steps(),
        "verdicts": rulings.list, "right": wrong == 0,
    });
    out.result(text, &value)?;
    if serving {
        stage.wait_for_stop();
    }
    stage.close()?;
    if wrong > 0 {
        let list: Vec<String> = rulings
            .wrong()
            .map(|r| format!("{}: {}", r.what, r.found))
            .collect();
        return Err(Failure::negative(format!(
            "{wrong} verdicts are not as they must be\n{}",
            list.join("\n")
        )));
    }
    Ok(())
}

/// Copies a folder of files and folders.
fn copy_folder(from: &Path, to: &Path) -> Outcome {
    let told = |path: &Path| {
        let path = path.display().to_string();
        move |e: std::io::Error| Failure::outside(format!("{path}: {e}"))
    };
    fs::create_dir_all(to).map_err(told(to))?;
    for item in fs::read_dir(from).map_err(told(from))? {
        let item = item.map_err(told(from))?;
        let (source, target) = (item.path(), to.join(item.file_name()));
        if item.file_type().map_err(told(&source))?.is_dir() {
            copy_folder(&source, &target)?;
        } else {
            fs::copy(&source, &target).map_err(told(&source))?;
        }
    }
    Ok(())
}
