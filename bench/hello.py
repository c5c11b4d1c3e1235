"""The floor of a process: FastAPI, SQLAlchemy and asyncpg with one route, `python -m bench.hello PORT` with the database's URL on standard input."""

import sys

import uvicorn
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def application(engine: AsyncEngine) -> FastAPI:
    """One route, one statement."""
    app = FastAPI()

    @app.get("/readyz")
    async def read_readiness() -> dict[str, str]:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
        return {"status": "ready"}

    return app


if __name__ == "__main__":
    engine = create_async_engine(sys.stdin.read())
    uvicorn.run(application(engine), port=int(sys.argv[1]), log_config=None, access_log=False)
