"""An API whose /health fails from the second time on."""

from fastapi import FastAPI

app = FastAPI()
answers = [{"status": "ok"}]


@app.head("/health")
@app.get("/health")
async def health() -> dict[str, str]:
    return answers.pop()
