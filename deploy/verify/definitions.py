"""The programmes that families live under are still what they were when they were first used."""

from deploy.verify.books import Books
from deploy.verify.findings import Checked
from programmes.load import content_hash, directory_in_use, load
from programmes.problems import ProgrammeError
from programmes.releases import released_hash
from programmes.words import read_words, words_files


async def check_programmes(books: Books) -> Checked:
    """Each version in use can be read, is as it was released, and as it was when its money came."""
    used = await books.rows(
        "SELECT DISTINCT programme, programme_version FROM intake.signal"
        " UNION SELECT programme, programme_version FROM plans.trajectory"
        " UNION SELECT programme, version FROM budget.programme_version ORDER BY 1, 2"
    )
    funded = {
        (row.programme, row.version): row.definition_hash
        for row in await books.rows("SELECT programme, version, definition_hash FROM budget.programme_version")
    }
    wrong, drafts = [], 0
    for programme, version in used:
        try:
            definition = load(programme, version)
            now = content_hash(definition)
            file = directory_in_use() / programme / f"{version}.toml"
            for language, words in words_files(file).items():
                read_words(definition, language, words)
        except ProgrammeError as error:
            wrong.append(f"{programme} {version} is in use and cannot be read: {str(error).splitlines()[0]}")
            continue
        drafts += released_hash(directory_in_use(), programme, version) is None
        if funded.get((programme, version), now) != now:
            wrong.append(f"{programme} {version} is not what it was when it was funded")
    counts = {"versions": len(used), "drafts": drafts}
    return Checked(check="programmes", counts=counts, wrong=tuple(wrong))
