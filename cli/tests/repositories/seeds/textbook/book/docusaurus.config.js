module.exports = { title: "Textbook" };
