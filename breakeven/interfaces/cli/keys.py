"""`breakeven keys`: the keys that a server asks its clients for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from breakeven.core.words import N_
from breakeven.interfaces.cli.options import AsJson, Language, print_json

app = typer.Typer(no_args_is_help=True, add_completion=False)
Name = Annotated[str, typer.Argument(help=N_("Who or what the key is for."), metavar="NAME", show_default=False)]
KeyFile = Annotated[Path, typer.Option("--keys", help=N_("The file of keys."))]
Scopes = Annotated[str, typer.Option("--scopes", help=N_("What it opens: predict, feedback, metrics."))]
Days = Annotated[int | None, typer.Option("--days", min=1, help=N_("It ends after so many days; else never."))]
NewFile = Annotated[Path, typer.Argument(help=N_("Where to write the private key."), metavar="FILE",
                                         show_default=False)]  # fmt: skip
FILE = Path("keys.json")


@app.command("add", help=N_("Make a key and print it once; only its digest is kept."))
def add(name: Name, keys: KeyFile = FILE, scopes: Scopes = "predict", days: Days = None, as_json: AsJson = False,
        language: Language = None) -> None:  # fmt: skip
    from breakeven.interfaces import live
    from breakeven.interfaces.terminal.releases import show_key

    secret = live.add_key(keys, name, tuple(scope.strip() for scope in scopes.split(",") if scope.strip()), days)
    if as_json:
        print_json({"name": name, "key": secret, "file": str(keys)})
    else:
        show_key(language, name, secret, keys)


@app.command("list", help=N_("The keys of a file; never the keys themselves."))
def list_(keys: KeyFile = FILE, as_json: AsJson = False, language: Language = None) -> None:
    from breakeven.interfaces import live
    from breakeven.interfaces.terminal.releases import show_keys

    kept = live.keys(keys)
    if as_json:
        print_json({"keys": [key.model_dump(mode="json", exclude={"sha256"}) for key in kept]})
    else:
        show_keys(language, kept)


@app.command("revoke", help=N_("Take a key out; a server that runs refuses it within a second."))
def revoke(name: Name, keys: KeyFile = FILE, as_json: AsJson = False, language: Language = None) -> None:
    from breakeven.interfaces import live
    from breakeven.interfaces.terminal.releases import show_revoked

    live.revoke_key(keys, name)
    if as_json:
        print_json({"revoked": name})
    else:
        show_revoked(language, name)


@app.command("sign-new", help=N_("Make a key that signs releases, and its public half beside it."))
def sign_new(file: NewFile, as_json: AsJson = False, language: Language = None) -> None:
    from breakeven.interfaces import live
    from breakeven.interfaces.terminal.releases import show_signing_key

    public = live.make_signing_key(file)
    if as_json:
        print_json({"private": str(file), "public": f"{file}.pub", "key": public})
    else:
        show_signing_key(language, file, public)


HELP = N_("The keys that a server asks its clients for, and those that sign releases.")
