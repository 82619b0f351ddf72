//! An application of many functions, which are all released in one wave.

use crate::program::Program;
use crate::shop::Shop;

/// Returns the components, and the shop with all their functions.
pub fn functions(program: &Program, count: usize) -> (Vec<String>, Shop<'_>) {
    let names: Vec<String> = (0..count).map(|n| format!("c{n:03}-with-the-longest-name-known")).collect();
    let mut declaration = String::from(
        "app: shop\nversion: 1.0.0\nenvironments: {prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}}\ngates: {bake: 1m, alarms: [shop-5xx]}\ncomponents:\n",
    );
    for name in &names {
        declaration.push_str(&format!("  {name}: {{kind: lambda, function: shop-{name}, alias: live}}\n"));
    }
    let shop = Shop::new(program, &declaration);
    for name in &names {
        shop.make_function(&format!("shop-{name}"));
    }
    (names, shop)
}

/// Returns the number of the functions that serve this version.
pub fn serving(shop: &Shop<'_>, names: &[String], version: &str) -> usize {
    let serving = names.iter().filter(|name| shop.serves(&format!("shop-{name}")) == version);
    serving.count()
}
