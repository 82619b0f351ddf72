//! Tests that files of a build whose names change with their content have a year's `immutable`, and no others.

use crate::site::scene::Scene;
use crate::site::zips::stored;
use windlass_domain::declaration::kinds::site::SiteMode;

/// The header of a file that is kept for a year.
const FOREVER: &str = "public, max-age=31536000, immutable";

const BOTH: [SiteMode; 2] = [SiteMode::InPlace, SiteMode::Prefix];

type Files<'a> = &'a [(&'a str, &'a str)];

/// Deploys a release, and returns the files that visitors keep for a year.
fn kept(scene: &mut Scene, files: Files<'_>) -> Vec<String> {
    scene.site.elsewhere = vec!["**".into()];
    scene.deploy_files(files);
    let is_kept = |path: &&str| scene.visit(path).cache_control.as_deref() == Some(FOREVER);
    files.iter().map(|(path, _)| *path).filter(is_kept).map(str::to_owned).collect()
}

const VITE: Files<'_> = &[
    (
        "index.html",
        "<script type=module src=/assets/index-DiwrgTda.js></script>
        <link rel=stylesheet href=/assets/index-B-3_q9Zx.css>",
    ),
    (
        "assets/index-DiwrgTda.js",
        "import('./About-CqkleIqs.js');const logo='/assets/logo-B3xQ9zLk.svg';
        __vite__mapDeps=['assets/About-kX9dZ2_a.css']",
    ),
    ("assets/About-CqkleIqs.js", "export{}"),
    ("assets/About-kX9dZ2_a.css", "p{}"),
    ("assets/index-B-3_q9Zx.css", "@font-face{src:url(/assets/Inter-BxYz12ab.woff2)}"),
    ("assets/Inter-BxYz12ab.woff2", "wOF2"),
    ("assets/logo-B3xQ9zLk.svg", "<svg>"),
    ("vite.svg", "<svg>"),
];

const VITE_MANIFEST: (&str, &str) =
    (".vite/manifest.json", r#"{"a.svg": {"file": "assets/logo-B3xQ9zLk.svg"}, "b.svg": {"file": "vite.svg"}}"#);

const REACT: Files<'_> = &[
    ("index.html", "<script src=/static/js/main.62c98c62.js></script><link href=/static/css/main.073c9b0a.css>"),
    (
        "static/js/main.62c98c62.js",
        r#"e+"."+{453:"5e0c3b04"}[e]+".chunk.js";e.exports=n.p+"static/media/logo.6ce24c58023cc2f8fd88.svg""#,
    ),
    ("static/js/453.5e0c3b04.chunk.js", "two()"),
    ("static/js/main.62c98c62.js.map", "{}"),
    ("static/js/main.62c98c62.js.LICENSE.txt", "MIT"),
    ("static/css/main.073c9b0a.css", "p{}"),
    ("static/media/logo.6ce24c58023cc2f8fd88.svg", "<svg>"),
    (
        "asset-manifest.json",
        r#"{"files": {"face.png": "/static/media/face.9b1d2c3e.png", "team.png": "/team.png"}, "entrypoints": []}"#,
    ),
    ("static/media/face.9b1d2c3e.png", "png"),
    ("team.png", "png"),
];

const NEXT: Files<'_> = &[
    (
        "index.html",
        "<script src=/_next/static/chunks/webpack-1a2b3c4d5e6f7081.js></script>
        <link href=/_next/static/css/3f2a9c1b0d4e5f60.css><script src=/_next/static/Ab12/_buildManifest.js></script>",
    ),
    ("_next/static/chunks/webpack-1a2b3c4d5e6f7081.js", r#""static/chunks/"+e+"."+{12:"9f8e7d6c5b4a3928"}[e]+".js""#),
    ("_next/static/chunks/12.9f8e7d6c5b4a3928.js", "two()"),
    ("_next/static/css/3f2a9c1b0d4e5f60.css", "src:url(/_next/static/media/a34f9d1faa5f3315-s.p.woff2)"),
    ("_next/static/media/a34f9d1faa5f3315-s.p.woff2", "wOF2"),
    ("_next/static/Ab12/_buildManifest.js", "self.__BUILD_MANIFEST={}"),
];

const ANGULAR: Files<'_> = &[
    (
        "index.html",
        "<link href=styles-5INURTSO.css><script src=polyfills-FFHMD2TL.js></script>
        <script src=main-5CPZQX7A.js></script>",
    ),
    ("main-5CPZQX7A.js", "import'./chunk-2ZAKOFEH.js'"),
    ("polyfills-FFHMD2TL.js", "p()"),
    ("chunk-2ZAKOFEH.js", "c()"),
    ("styles-5INURTSO.css", "p{}"),
    ("assets/logo.png", "png"),
];

const SVELTE: Files<'_> = &[
    ("index.html", "<script>import('./_app/immutable/entry/start.BxYz12ab.js')</script>"),
    ("_app/immutable/entry/start.BxYz12ab.js", "import('../nodes/0.CqkT3Iqs.js')"),
    ("_app/immutable/nodes/0.CqkT3Iqs.js", "n()"),
    ("_app/version.json", "{}"),
];

#[test]
fn what_bundlers_build_is_kept_for_a_year() {
    // The build, and its files that are asked for at each visit.
    let table: [(Files<'_>, &[&str]); 5] = [
        (VITE, &["index.html", "assets/logo-B3xQ9zLk.svg", "vite.svg"]),
        (REACT, &["index.html", "static/js/main.62c98c62.js.LICENSE.txt", "asset-manifest.json", "team.png"]),
        (NEXT, &["index.html", "_next/static/Ab12/_buildManifest.js"]),
        (ANGULAR, &["index.html", "assets/logo.png"]),
        (SVELTE, &["index.html", "_app/version.json"]),
    ];
    for (files, asked) in table {
        let expected: Vec<&str> = files.iter().map(|(path, _)| *path).filter(|path| !asked.contains(path)).collect();
        for mode in BOTH {
            assert_eq!(kept(&mut Scene::new(mode), files), expected, "{mode:?}");
        }
    }
}

/// `vite.svg` has no hash in its name, whatever a manifest says.
#[test]
fn what_a_manifest_names_is_kept_for_a_year() {
    let files: Vec<(&str, &str)> = VITE.iter().copied().chain([VITE_MANIFEST]).collect();
    for mode in BOTH {
        let kept = kept(&mut Scene::new(mode), &files);
        assert_eq!(kept.len(), VITE.len() - 2, "{mode:?}: {kept:?}");
        assert!(kept.iter().any(|path| path == "assets/logo-B3xQ9zLk.svg"), "{mode:?}: {kept:?}");
    }
}

#[test]
fn what_only_looks_so_is_not_kept() {
    let page = "<a href=Prices-Summer25.pdf></a><a href=report-20240101.pdf></a><img src=photo-deadbee5.jpg>\
                <img src=avatars/64a1f0c29d7b3e4f5a6b7c8d.jpg><link rel=manifest href=app/manifest.json>";
    let files = [
        ("index.html", page),
        ("Prices-Summer25.pdf", "pdf"),
        ("report-20240101.pdf", "pdf"),
        ("photo-deadbee5.jpg", "jpg"),
        // The id of a person, whose picture may change.
        ("avatars/64a1f0c29d7b3e4f5a6b7c8d.jpg", "jpg"),
        ("widget-3f2a9c1b.js", "nothing names it"),
        ("app-3f2a9c1d.js", "//# sourceMappingURL=app-3f2a9c1d.js.map"),
        ("app/manifest.json", r#"{"icons": [{"src": "icon-3f2a9c1e.png"}]}"#),
        ("app/icon-3f2a9c1e.png", "png"),
    ];
    for mode in BOTH {
        assert_eq!(kept(&mut Scene::new(mode), &files), [""; 0], "{mode:?}");
        let mut scene = Scene::new(mode);
        scene.site.hashed = vec!["avatars/**".into()];
        assert_eq!(kept(&mut scene, &files), ["avatars/64a1f0c29d7b3e4f5a6b7c8d.jpg"], "{mode:?}");
    }
}

/// `Prepare` and the publisher come to the same headers.
#[test]
fn what_stays_the_same_is_not_written_again() {
    let mut scene = Scene::new(SiteMode::InPlace);
    scene.deploy_files(REACT);
    let two: Vec<(&str, &str)> = REACT.iter().copied().chain([("two.html", "two")]).collect();
    let deployment = scene.deploy_files(&two);
    let objects = scene.world.s3();
    let again = objects.buckets["shop-web"].keys.iter().filter(|(_, versions)| versions.len() > 1);
    assert_eq!(again.map(|(key, _)| key.as_str()).collect::<Vec<_>>(), [""; 0], "{:?}", deployment.prepared.stages);
}

/// A picture with an id in its name is looked for in no page, so that the search ends with the script's page.
#[test]
fn pages_are_read_until_what_they_can_show_is_found() {
    let large = vec![7_u8; 3 << 19];
    let reads = |picture: &str| {
        let mut scene = Scene::new(SiteMode::InPlace);
        scene.site.elsewhere = vec!["**".into()];
        let artifact = scene.upload(stored(&[
            ("index.html", b"<script src=main.62c98c62.js></script>"),
            ("main.62c98c62.js", b"main()"),
            (picture, b"jpg"),
            ("one.jpg", &large),
            ("b.html", b"<p>two</p>"),
            ("two.jpg", &large),
            ("c.html", b"<p>three</p>"),
        ]));
        assert_eq!(scene.prepare(Some(&artifact), None).prepared.findings, []);
        let mishaps = scene.world.mishaps();
        mishaps.calls.iter().filter(|call| **call == "s3.get_range").count()
    };
    assert_eq!(reads("avatars/64a1f0c29d7b3e4f5a6b7c8d.jpg"), reads("avatars/of-somebody-who-is-in-the-team.jpg"));
}
