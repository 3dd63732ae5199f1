"""The page as its tools make and serve it: builds, sizes, `npm run dev` and `npm run preview`."""

import gzip
import json
import re
import subprocess
from pathlib import Path

from acceptance.drivers import http
from acceptance.drivers.commands import Result, environment, run
from acceptance.drivers.project import built_frontend
from acceptance.drivers.readme import block_with
from acceptance.drivers.tree import Tree
from acceptance.support.run import Run, free_port
from acceptance.support.waiting import wait_until

# What Vite makes of vite.config.ts and of the options that an npm script adds.
ADDRESS = """
const { parseArgs } = await import('node:util');
const { resolveConfig } = await import('vite');
const [kind, script] = process.argv.slice(1);
const named = { host: { type: 'string' }, port: { type: 'string' } };
const { values } = parseArgs({ args: script.split(' '), options: named, strict: false, allowPositionals: true });
const { host, port, strictPort } = (await resolveConfig({ [kind]: values }, 'serve'))[kind];
console.log(JSON.stringify({ host, port, strictPort }));
"""
# Type and classes of the buttons with these properties, as React renders them.
BUTTONS = """
const { createServer } = await import('vite');
const { createElement } = await import('react');
const { renderToStaticMarkup } = await import('react-dom/server');
const server = await createServer({ server: { middlewareMode: true, hmr: false }, logLevel: 'error' });
const { Button } = await server.ssrLoadModule('/src/components/ui/button.tsx');
for (const properties of [%s]) console.log(renderToStaticMarkup(createElement(Button, properties)));
await server.close();
"""
EMPTY_PAGE = {
    "index.html": '<div id="root"></div><script type="module" src="/main.js"></script>',
    "main.js": "import { createRoot } from 'react-dom/client';\ncreateRoot(document.getElementById('root')).render(null);\n",
}


def folder() -> Path:
    """The page's own folder, with all that it depends on, in a copy that all scenarios share.

    Raises AssertionError when the page cannot be built.
    """
    return built_frontend().path / "frontend"


def build(source: Path, **variables: str) -> Path:
    """Build the page in a folder, with these variables of the shell, and return the folder that holds it."""
    target = Run.current().new_folder("page")
    result = run(["node_modules/.bin/vite", "build", "--outDir", str(target)], source, **variables)
    assert result.exit_code == 0, result
    return target


def server(command: str) -> int:
    """The port of `npm run dev` or `npm run preview`, started as README.md says, by whoever asks first in a run."""

    def start() -> int:
        port = free_port()
        typed = "\n".join([*block_with("npm run dev")[:-1], f"exec {command} -- --port {port}"])
        log = Run.current().folder / f"{command}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                ["bash", "-euc", typed],
                cwd=built_frontend().path,
                env=environment(),
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        Run.current().join(process.pid)
        url = f"http://127.0.0.1:{port}"
        try:
            # the script too: at the first request `npm run dev` prepares the packages, which may take its time
            wait_until(
                lambda: http.status(url) == http.status(f"{url}/src/main.tsx") == 200,
                60,
                f"{command} answers",
                lambda: process.poll() is None,
            )
        except AssertionError as error:
            raise AssertionError(f"{error}\n{log.read_text()}") from None
        return port

    return Run.current().once(command.replace(" ", "-"), start)


def start_on(command: str, port: int) -> Result:
    """What `npm run dev` or `npm run preview` says of a port; the exit code is 124 when it stays."""
    return run([*command.split(), "--", "--port", str(port)], folder(), timeout=20)


def address(command: str) -> dict:
    """Host, port, and whether it is that port or none: where `npm run dev` or `npm run preview` would stand."""
    name = command.split()[-1]
    kind = {"dev": "server", "preview": "preview"}[name]
    result = run(
        ["node", "--input-type=module", "--eval", ADDRESS, kind, _package()["scripts"][name]],
        folder(),
    )
    assert result.exit_code == 0, str(result)
    return json.loads(result.output)


def javascript_size(page: Path) -> int:
    """Bytes of a built page's JavaScript, compressed."""
    return sum(len(gzip.compress(path.read_bytes())) for path in page.rglob("*.js"))


def styles(page: Path) -> str:
    """A built page's style sheets."""
    return "".join(path.read_text() for path in page.rglob("*.css"))


def empty_page() -> Path:
    """The folder of a page that holds React and nothing else, built by the same tool."""
    source = Run.current().new_folder("empty")
    for name, text in EMPTY_PAGE.items():
        (source / name).write_text(text)
    (source / "node_modules").symlink_to(folder() / "node_modules")
    result = run(["node_modules/.bin/vite", "build"], source)
    assert result.exit_code == 0, str(result)
    return source / "dist"


def buttons(tree: Tree, *properties: str) -> list[tuple[str, set[str]]]:
    """The type and the classes of a button of the page for each of these properties, which are JavaScript."""
    made = run(
        ["node", "--input-type=module", "--eval", BUTTONS % ", ".join(properties)],
        tree.path / "frontend",
    )
    assert made.exit_code == 0, str(made)
    return [
        (kind, set(classes.split()))
        for kind, classes in re.findall(r'<button.* type="(.*?)".* class="(.*?)"', made.output)
    ]


def dependencies() -> list[str]:
    """The packages that the page brings to the browser."""
    return sorted(_package()["dependencies"])


def _package() -> dict:
    return json.loads((folder() / "package.json").read_text())


def source_lines() -> int:
    """Lines of the page's own source."""
    return sum(
        len(path.read_text().splitlines())
        for path in (folder() / "src").rglob("*")
        if path.is_file()
    )
