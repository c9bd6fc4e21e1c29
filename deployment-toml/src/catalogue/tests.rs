use super::*;
use crate::product::{Distribution as D, ProductVersion as V};
use crate::testing::{of_version, pack};

fn look(key: &str, version: V, distribution: D) -> Lookup<'static> {
    let product = Product::new(version, distribution);
    Catalogue::of(distribution).lookup(&KeyPath::from(key), product)
}

/// The product's own catalogue.
fn own() -> &'static Catalogue {
    Catalogue::of(pack("aio"))
}

#[test]
fn no_line_of_the_data_files_is_lost() {
    let lines = |text: &str| text.lines().count() - 1;
    let catalogue = own();
    assert_eq!(
        catalogue.records().count(),
        lines(include_str!("../../data/keys.jsonl"))
    );
    assert_eq!(catalogue.records().count(), 3269);
    assert_eq!(
        catalogue.dead.len(),
        lines(include_str!("../../data/dead-keys.jsonl"))
    );
    assert_eq!(catalogue.dead.len(), 299);
    for distribution in D::all().filter(|it| !it.is_companion()) {
        assert!(catalogue.server_roles(distribution).contains("default"));
        let role = KeyPath::from("server.server_role");
        let product = Product::new(of_version("4.7"), distribution);
        assert!(!catalogue.inferred(&role, "default", product).is_empty());
    }
}

#[test]
fn the_system_properties_of_every_server_are_known() {
    for name in ["user.dir", "carbon.home"] {
        assert!(own().is_system_property(name), "{name}");
    }
    assert!(!own().is_system_property("carbon.hom"));
}

#[test]
fn no_line_of_a_companions_files_is_lost() {
    let catalogue = Catalogue::of(pack("mi"));
    let lines = |text: &str| text.lines().count() - 1;
    let keys = include_str!("../../data/micro-integrator/keys.jsonl");
    let dead = include_str!("../../data/micro-integrator/dead-keys.jsonl");
    assert_eq!((lines(keys), lines(dead)), (1778, 9));
    assert_eq!(catalogue.records().count(), lines(keys));
    assert_eq!(catalogue.dead.len(), lines(dead));
    assert!(catalogue.is_system_property("carbon.config.dir.path"));
    assert_eq!(Catalogue::check(), Ok(()));
}

#[test]
fn every_record_finds_itself() {
    let all = || own().records().chain(Catalogue::of(pack("mi")).records());
    for record in all() {
        let catalogue = Catalogue::of(record.distributions(record.versions[0])[0]);
        let found = catalogue.record(&KeyPath::from(record.key.as_str()));
        assert_eq!(found.map(|r| r.key.as_str()), Some(record.key.as_str()));
    }
}

#[test]
fn an_element_of_an_array_of_tables_is_known() {
    let Lookup::Known(record) = look(
        "apim.gateway.environment[3].name",
        of_version("4.7"),
        pack("acp"),
    ) else {
        panic!("not known")
    };
    assert_eq!(record.key, "apim.gateway.environment[].name");
}

#[test]
fn children_of_free_form_tables_are_known() {
    for key in [
        "database.apim_db.pool_options.removeAbandoned",
        "system.parameter.'my.own.parameter'",
        "event_listener[0].properties.'header.X-WSO2-KEY-MANAGER'",
    ] {
        assert!(
            matches!(look(key, of_version("4.7"), pack("aio")), Lookup::Known(_)),
            "{key}"
        );
    }
}

#[test]
fn a_database_of_any_name_may_have_a_type_but_only_word_characters_match() {
    assert!(matches!(
        look("database.custom_db.type", of_version("4.5"), pack("aio")),
        Lookup::Known(_)
    ));
    assert!(matches!(
        look("database.my-db.type", of_version("4.5"), pack("aio")),
        Lookup::Unknown { .. }
    ));
}

#[test]
fn a_key_of_a_later_version_says_in_which_it_is_read() {
    assert_eq!(
        look(
            "web_app.cookie_processor.same_site_cookies",
            of_version("4.5"),
            pack("aio")
        ),
        Lookup::NotInVersion {
            versions: vec![of_version("4.7")]
        }
    );
}

#[test]
fn a_key_of_other_distributions_says_in_which_it_is_read() {
    assert_eq!(
        look("event_handler[].name", of_version("4.7"), pack("gw")),
        Lookup::NotInDistribution {
            distributions: vec![pack("aio"), pack("acp")]
        }
    );
}

#[test]
fn a_dead_key_is_told_from_an_unknown_one() {
    assert!(matches!(
        look("apim.key_manager.enable", of_version("4.7"), pack("aio")),
        Lookup::Dead(_)
    ));
}

#[test]
fn a_misspelt_key_is_suggested() {
    for (written, meant) in [
        ("apim.event_hub.service_ur", "apim.event_hub.service_url"),
        ("apim.eventhub.servceurl", "apim.event_hub.service_url"),
        ("databse.apim_db.ulr", "database.apim_db.url"),
    ] {
        let Lookup::Unknown { did_you_mean } = look(written, of_version("4.7"), pack("acp")) else {
            panic!("{written} is known")
        };
        assert_eq!(did_you_mean.first().map(String::as_str), Some(meant));
    }
}

#[test]
fn a_misplaced_key_is_suggested() {
    let Lookup::Unknown { did_you_mean } =
        look("event_hub.service_url", of_version("4.7"), pack("gw"))
    else {
        panic!("known")
    };
    assert_eq!(
        did_you_mean.first().map(String::as_str),
        Some("apim.event_hub.service_url")
    );
}

#[test]
fn defaults_depend_on_version_and_distribution() {
    let record = |key: &str| own().record(&KeyPath::from(key)).expect("known key");
    let provider = record("encryption.internal_crypto_provider");
    let default = |v| {
        provider
            .default_for(Product::new(v, pack("gw")))
            .map(|d| d.to_string())
    };
    assert!(
        default(of_version("4.6"))
            .is_some_and(|d| d.ends_with("KeyStoreBasedInternalCryptoProvider"))
    );
    assert!(
        default(of_version("4.7"))
            .is_some_and(|d| d.ends_with("SymmetricKeyInternalCryptoProvider"))
    );
    let idle = record("apim.basic_authenticator.max_idle");
    assert_eq!(
        idle.default_for(Product::new(of_version("4.7"), pack("acp"))),
        Some(Value::Integer(200))
    );
    assert_eq!(
        idle.default_for(Product::new(of_version("4.7"), pack("gw"))),
        Some(Value::Integer(100))
    );
}
