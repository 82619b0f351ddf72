//! Tests of a version that is tried before callers get it, and of how few of a function's versions a look needs.

use crate::lambda::scene::{Brings, Setting, function};
use bytes::Bytes;
use windlass_domain::deployment::step::StepStatus;
use windlass_engine::kinds::VERSION;
use windlass_engine::payload::WorkTransition;
use windlass_world::World;
use windlass_world::conformance::{Scene, Subject, Trial, conforms};
use windlass_world::lambda::{Package, Published};

fn tried() -> Setting {
    Setting { alias: true, is_tried: true, ..Setting::default() }
}

/// Safety: kinds: A function whose new version is invoked first conforms.
#[test]
fn what_is_tried_first_conforms() {
    conforms(&tried());
    conforms(&Setting { steps: vec![10], brings: Brings::Image, ..tried() });
}

#[test]
fn nothing_moves_ahead_and_nothing_has_to_be_undone() {
    let setting = tried();
    let trial = Trial::begin(&setting).unwrap();
    let before = function(&trial.scene.world, |function| function.aliases["live"].clone());
    assert_eq!(trial.answer(Some(0), 1), Ok(WorkTransition::Changed));
    let step = trial.step().unwrap();
    let made = step.changes.iter().filter_map(|change| change.made.as_deref());
    assert_eq!(made.collect::<Vec<_>>(), ["2"]);
    assert_eq!(step.shown.as_deref(), Some("1"));
    assert!(!step.has_switched());
    assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed));
    assert_eq!(trial.step().unwrap().status, StepStatus::Undone);
    function(&trial.scene.world, |function| {
        assert_eq!(function.aliases["live"], before);
        assert!(function.versions.contains_key(&2), "it stays");
    });
}

#[test]
fn the_version_that_a_wave_brought_is_given_to_those_who_invoke_it() {
    let canary = Setting { steps: vec![10], ..tried() };
    for (setting, waves, before) in [(canary, ["2"; 3].as_slice(), "1"), (Setting::default(), &["$LATEST"], "$LATEST")]
    {
        let trial = Trial::begin(&setting).unwrap();
        let output = || trial.step().unwrap().outputs[VERSION].clone();
        for (wave, version) in (0..).zip(waves) {
            assert_eq!(trial.answer(Some(wave), 1), Ok(WorkTransition::Changed));
            assert_eq!(output(), *version, "wave {wave}");
        }
        assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed));
        assert_eq!(output(), before);
    }
}

/// A later invocation, such as the next wave's, moves the alias to what was tried.
#[test]
fn what_was_tried_goes_live_though_the_configuration_changes_meanwhile() {
    let setting = tried();
    let trial = Trial::begin(&setting).unwrap();
    assert_eq!(trial.answer(Some(0), 1), Ok(WorkTransition::Changed));
    function(&trial.scene.world, |function| {
        function.configure("more memory");
        function.publish_by_hand("somebody else's");
    });
    assert_eq!(trial.answer(Some(1), 1), Ok(WorkTransition::Changed));
    function(&trial.scene.world, |function| {
        assert_eq!(function.aliases["live"].version, "2");
    });
}

/// A setting whose function has many versions already.
struct Many(Setting, u64);

impl Subject for Many {
    type Kind = <Setting as Subject>::Kind;

    fn scene(&self) -> Scene {
        let scene = self.0.scene();
        function(&scene.world, |function| {
            for number in 10..10 + self.1 {
                let published = Published {
                    package: Package::Zip(Bytes::from(number.to_string())),
                    configuration: String::new(),
                    description: String::new(),
                    pending: 0,
                };
                function.versions.insert(number, published);
            }
        });
        scene
    }

    fn kind(&self, at: World) -> Self::Kind {
        self.0.kind(at)
    }
}

/// ListVersionsByFunction answers fifty versions, the oldest first. The newest of thousands is many calls away (AWS
/// Lambda API Reference, ListVersionsByFunction).
#[test]
fn no_look_depends_on_how_many_versions_there_are() {
    for setting in [tried(), Setting::default()] {
        let calls = |versions| {
            let many = Many(setting.clone(), versions);
            let trial = Trial::begin(&many).unwrap();
            assert_eq!(trial.forward(), Ok(WorkTransition::Changed));
            assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed));
            trial.observe().unwrap();
            let calls = trial.scene.world.mishaps().calls.clone();
            assert!(!calls.contains(&"lambda.versions"), "{calls:?}");
            let looks = calls.iter().filter(|call| **call == "lambda.function");
            (calls.len(), looks.count())
        };
        let few = calls(1);
        assert_eq!(calls(5_000), few);
        assert!(few.1 < 40, "{few:?}");
    }
}

/// If the number was lost, it is looked for once, and only if code has to be brought back.
#[test]
fn a_kept_version_that_nobody_remembers_is_found() {
    let setting = Setting::default();
    let trial = Trial::begin(&setting).unwrap();
    assert_eq!(trial.forward(), Ok(WorkTransition::Changed));
    let mut step = trial.step().unwrap();
    for change in &mut step.changes {
        change.made = None;
    }
    trial.put_step(&step).unwrap();
    assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed));
    let calls = trial.scene.world.mishaps().calls.clone();
    let listed = calls.iter().filter(|call| **call == "lambda.versions");
    assert_eq!(listed.count(), 1);
    function(&trial.scene.world, |function| {
        assert_eq!(function.package, Package::Zip("old".into()));
    });
}
