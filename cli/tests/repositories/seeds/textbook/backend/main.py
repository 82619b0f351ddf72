from fastapi import FastAPI
from mangum import Mangum

app = FastAPI(title="textbook chat")
handler = Mangum(app)


@app.get("/health")
def health():
    return {"status": "fine"}
