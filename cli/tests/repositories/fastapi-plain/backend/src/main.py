import fastapi
from fastapi import FastAPI

app = FastAPI()
