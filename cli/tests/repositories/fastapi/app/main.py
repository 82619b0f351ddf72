from fastapi import FastAPI
from mangum import Mangum

app = FastAPI(title="orders")


@app.get("/health")
def health():
    return {"status": "ok"}


handler = Mangum(app)
