"""Print the routes of the api, a line each."""

from app.main import app

for path, operations in app.openapi()["paths"].items():
    for method in operations:
        print(method.upper(), path)
