from fastapi import FastAPI
from mangum import Mangum

app = FastAPI(title="textbook chat")
handler = Mangum(app)
