//! Roster editions.

use axum::{Json, extract::State};
use demur_client::api::{Accepted, PostEdition, Sealed, SignedRequest};
use demur_encoding::Digest;
use demur_record::entry::{Edition, Entry, Role};
use demur_signon::roster;
use demur_store::Store;

use crate::{
    app::App,
    direct::{self, NewEdition},
    http::{Body, Numbered},
    limits::{MAX_EDITION_FILE_BYTES, MAX_REGISTER_BYTES},
    problem::Refusal,
    signature,
};

/// `PUT /api/editions/{n}`.
pub(crate) async fn put<S: Store>(
    State(app): State<App<S>>,
    Numbered(number): Numbered,
    Body(PostEdition {
        file,
        entry,
        register,
    }): Body<PostEdition>,
) -> Result<Json<Accepted>, Refusal> {
    let Entry::Edition(edition) = &entry else {
        return Err(Refusal::rule(
            "entry",
            format!("a {} entry is not an edition", entry.kind()),
        ));
    };
    if edition.number != number {
        return Err(Refusal::rule(
            "edition",
            format!(
                "the entry is of edition {}, the path of {number}",
                edition.number
            ),
        ));
    }
    super::small(&file, MAX_EDITION_FILE_BYTES)?;
    super::small(&register, MAX_REGISTER_BYTES)?;
    // The signature first: trees are hashed for the registrar alone.
    let signed = entry.is_signed() && app.view().await?.may_sign(Role::Registrar, edition.by);
    if !signed {
        return Err(Refusal::forbidden(
            "signature",
            "not signed by the registrar's key",
        ));
    }
    let origin = app.origin().to_owned();
    let claimed = edition.clone();
    let file =
        tokio::task::spawn_blocking(move || check_file(&origin, &claimed, &file.0).map(|()| file))
            .await
            .map_err(|e| Refusal::Internal(e.to_string()))??;
    let held = direct::accept_edition(
        &app,
        NewEdition {
            number,
            entry,
            file: file.0,
            register: register.0,
        },
    )
    .await?;
    app.promised(held).await
}

/// `POST /api/editions/{n}/register`.
pub(crate) async fn register<S: Store>(
    State(app): State<App<S>>,
    Numbered(number): Numbered,
    Body(request): Body<SignedRequest>,
) -> Result<Json<Sealed>, Refusal> {
    let keys = app.view().await?.signing_keys(Role::Overseer);
    signature::authorize(&request, "register", &number.to_string(), &keys, app.now())?;
    let register = app.store().register(number).await?;
    let missing = || Refusal::missing("not-found", format!("there is no edition {number}"));
    Ok(Json(Sealed {
        sealed: register.ok_or_else(missing)?.into(),
    }))
}

/// Whether the file is the one that the entry describes. Every root is computed from the leaves.
fn check_file(origin: &str, entry: &Edition, file: &[u8]) -> Result<(), Refusal> {
    let refused = |e: roster::EditionError| Refusal::rule("edition", e.to_string());
    let edition = roster::Edition::parse(file).map_err(refused)?;
    let head = edition.head();
    let differs = |what: &str| {
        Err(Refusal::rule(
            "edition",
            format!("the file's {what} is not the entry's"),
        ))
    };
    if demur_encoding::hash("demur/edition", &[file]) != entry.digest {
        return differs("digest");
    }
    if head.origin != origin {
        return Err(Refusal::rule(
            "origin",
            format!("the file is of {:?}", head.origin),
        ));
    }
    if head.number != u64::from(entry.number) || head.published != entry.published {
        return differs("number or time");
    }
    let same = head.cohorts.len() == entry.cohorts.len()
        && head
            .cohorts
            .iter()
            .zip(&entry.cohorts)
            .all(|(file, entry)| {
                file.name.as_str() == entry.name
                    && file.size == entry.size
                    && Digest::new(file.root.to_bytes()) == entry.root
            });
    if !same {
        return differs("list of cohorts");
    }
    if (head.certificates.size, head.certificates.root)
        != (entry.certificates.size, entry.certificates.root)
    {
        return differs("tree of certificates");
    }
    edition.verify().map_err(refused)
}
