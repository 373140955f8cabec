//! Keys of the roles: made here, and told to who sets up the channel.

use askama::Template;
use demur_client::{
    device::Mirror,
    key_line::{KeyLine, TOLD_ROLES, role_name},
    key_store::{KeyStore, NewRoleError, new_role_name},
    keys::RoleKeys,
};
use demur_record::entry::Role;

use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    member,
    platform::Platform,
    signing::sentence,
    store,
};

#[derive(Template)]
#[template(path = "keys.html")]
struct Page {
    has_store: bool,
    held: Vec<Held>,
    /// The roles of which this key store has no keys.
    free: Vec<Free>,
    origin: String,
    told: Option<String>,
}

/// Keys that are here.
struct Held {
    role: String,
    name: String,
    origin: String,
    /// Whether they are of the channel whose page this is.
    here: bool,
    /// Whether the record has them.
    recorded: bool,
    /// Whether it has others of the role.
    others: bool,
    line: String,
    /// Where the line belongs when the channel is made.
    option: String,
}

/// A role whose keys can be made.
struct Free {
    role: String,
    what: &'static str,
}

const fn what(role: Role) -> &'static str {
    match role {
        Role::Office => "the office that opens and answers memos: its first steward makes them",
        Role::Recovery => {
            "opens what the office can, should the office lose its key: kept apart, by somebody else"
        }
        Role::Overseer => "vouches for the roster and writes to its members",
        Role::Registrar => "gives codes to those who may enrol, and publishes the roster",
        // Not made here.
        Role::Steward | Role::Principal | Role::Witness => "",
    }
}

fn held(keys: &RoleKeys, mirror: &Mirror) -> Held {
    let here = keys.origin == mirror.origin();
    let role = role_name(keys.role);
    let known = mirror.keys().of(keys.role).next().is_some();
    Held {
        name: keys.name.clone(),
        origin: keys.origin.clone(),
        here,
        recorded: here && keys.is_in(mirror.keys()),
        others: here && known && !keys.is_in(mirror.keys()),
        line: KeyLine::from(keys).to_string(),
        option: format!("--{role}"),
        role,
    }
}

/// Which field is wrong, and how.
fn refused(error: &NewRoleError) -> Trouble {
    Trouble::input(match error {
        NewRoleError::Name(_) => format!("The name {error}."),
        NewRoleError::Origin(_) => format!("The record's name {error}."),
        NewRoleError::Held(_) => sentence(&error.to_string()),
        _ => "Choose one of the roles.".to_owned(),
    })
}

fn role(form: &Form) -> Result<Role, Trouble> {
    let word = form.need("role", "The role")?;
    let told = TOLD_ROLES.into_iter().find(|role| role_name(*role) == word);
    told.ok_or_else(|| Trouble::input("Choose one of the roles."))
}

impl<P: Platform> Desk<P> {
    /// The keys of roles that are here, and where others are made.
    pub(crate) async fn keys_page(&mut self, told: Option<String>) -> Result<Answer, Trouble> {
        if store::exists(&self.platform).await? {
            self.opened()?;
        }
        self.sync().await?;
        let mirror = self.mirror()?;
        let roles = self.open.iter().flat_map(|open| &open.keys.roles);
        let free = |role: &Role| {
            let open = self.open.as_ref();
            open.is_none_or(|open| open.keys.role(*role).is_none())
        };
        let page = Page {
            has_store: self.open.is_some(),
            held: roles.map(|keys| held(keys, mirror)).collect(),
            free: { TOLD_ROLES.into_iter().filter(free) }
                .map(|role| Free {
                    role: role_name(role),
                    what: what(role),
                })
                .collect(),
            // A key store is one channel's.
            origin: { self.open.iter() }
                .find_map(|open| member::origins(&open.keys).next())
                .unwrap_or_else(|| mirror.origin())
                .to_owned(),
            told,
        };
        Ok(Answer::page("Keys of roles", &page)?.at("/desk/keys"))
    }

    /// Makes a role's keys, and keeps them.
    pub(crate) async fn key_new(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let role = role(form)?;
        let origin = form.need("origin", "The record's name")?.to_owned();
        let name = Some(form.text("name")).filter(|name| !name.is_empty());
        new_role_name(&origin, role, name).map_err(|e| refused(&e))?;
        self.sync().await?;
        if let Some(open) = &self.open {
            let other = member::origins(&open.keys).find(|other| *other != origin);
            if let Some(other) = other {
                return Err(Trouble::input(format!(
                    "This key store is of the channel {other}: make keys for another one in a browser profile of their own."
                )));
            }
            let keys = &mut self.opened_mut()?.keys;
            keys.new_role(&origin, role, name, &mut Self::rng())
                .map_err(|e| refused(&e))?;
            self.save().await?;
        } else {
            let mut keys = KeyStore::default();
            keys.new_role(&origin, role, name, &mut Self::rng())
                .map_err(|e| refused(&e))?;
            self.create_store(form, keys).await?;
        }
        let told = format!("The keys of the {} are made.", role_name(role));
        self.keys_page(Some(told)).await
    }

    /// The public line of a role's keys, as a file.
    pub(crate) fn key_line(&self, form: &Form) -> Result<Answer, Trouble> {
        let role = role(form)?;
        let word = role_name(role);
        let keys = { self.opened()?.keys.role(role) }.ok_or_else(|| {
            Trouble::input(format!("This key store holds no keys of the {word}."))
        })?;
        let line = format!("{}\n", KeyLine::from(keys));
        Ok(Answer::file(
            format!("demur-key-{word}.txt"),
            "text/plain",
            line.into_bytes(),
        ))
    }
}
