const config = await (await fetch("config.json")).json();
document.querySelector("#price").textContent = `Tea: 3 coins (${config.environment}, release 1.0.0)`;
