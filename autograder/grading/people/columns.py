"""Which column of a class list is what; compared are letters and digits alone (`folded`)."""

from __future__ import annotations

from autograder.tables import folded

NAMES = {
    "id": (
        "id, student, student id, id number, student number, number, matrikelnummer, matrikel, "
        "matrikel-nr, personennummer, id-nummer, numéro d'identification, numéro d'étudiant, "
        "número de id, número de identificación, matricola, studentnummer, sis user id, "
        "org defined id, integration id"
    ),
    "username": (
        "username, user name, login, login id, sis login id, user, account, netid, benutzername, "
        "anmeldename, kennung, nom d'utilisateur, identifiant, nombre de usuario, usuario, "
        "nome utente, gebruikersnaam, nome de usuário"
    ),
    "email": (
        "email, e-mail, email address, mail, e-mail-adresse, adresse de courriel, "
        "adresse électronique, correo, correo electrónico, dirección de correo, "
        "dirección email, indirizzo email, e-mailadres, endereço de e-mail"
    ),
    "name": (
        "name, full name, student name, vollständiger name, nom complet, nombre completo, "
        "nombre completo del usuario, nome completo, volledige naam, cognome nome"
    ),
    "first": "first name, firstname, given name, vorname, prénom, nombre, nome, voornaam",
    "last": (
        "last name, lastname, surname, family name, nachname, nom, nom de famille, apellido, "
        "apellidos, apellido(s), cognome, achternaam, sobrenome"
    ),
    "group": (
        "group, groups, team, gruppe, gruppen, groupe, groupes, grupo, grupos, gruppo, groep, "
        "group name"
    ),
    "extension": (
        "extension, extension days, extra days, days, verlängerung, fristverlängerung, "
        "prolongation, prórroga, proroga"
    ),
    "state": "enrolment, enrollment, state, withdrawn, active, abgemeldet, einschreibung",
    "directory": "directory, directories, folder, ordner, dossier, carpeta",
    "section": "section, sections",
    "grade": "grade, bewertung, note, calificación, punti, valutazione, cijfer, nota",
    "most": (
        "maximum grade, max grade, bestwertung, höchste bewertung, note maximale, "
        "calificación máxima, punteggio massimo, voto massimo, maximumcijfer, nota máxima"
    ),
    "identifier": "identifier, teilnehmer, identificador, identificativo, identifiant, id",
    "modified_grade": (
        "last modified (grade), zuletzt geändert (bewertung), dernière modification (note), "
        "última modificación (calificación), ultima modifica (valutazione), "
        "ultima modifica (voto), laatst gewijzigd (cijfer), última modificação (nota)"
    ),
    "modified_submission": (
        "last modified (submission), zuletzt geändert (abgabe), dernière modification (travail "
        "remis), dernière modification (remise), última modificación (entrega), última "
        "modificación (envío), ultima modifica (consegna), laatst gewijzigd (inzending), última "
        "modificação (envio)"
    ),
    "feedback": (
        "feedback comments, feedback als kommentar, feedback-kommentare, commentaires de feedback, "
        "comentarios de retroalimentación, commenti di feedback"
    ),
}
FOLDED = {kind: {folded(n) for n in names.split(", ")} for kind, names in NAMES.items()}
WITHDRAWN = {
    folded(word)
    for word in (
        "withdrawn, dropped, inactive, no, suspended, concluded, abgemeldet, inaktiv, nein, "
        "gesperrt, suspendu, inactif, non, suspendido, inactivo, ritirato, sospeso"
    ).split(", ")
}
GONE = {folded(word) for word in ("withdrawn", "abgemeldet")}  # a column where "yes" means gone
YES = {folded(word) for word in "yes, ja, oui, si, sí, true, 1, x".split(", ")}


def column(header: list[str], kind: str) -> int | None:
    """Return the number of the first column of a kind, or None."""
    return next((i for i, name in enumerate(header) if folded(name) in FOLDED[kind]), None)


def columns(header: list[str]) -> dict[str, int]:
    """Return the column of each kind that the header has."""
    found = {kind: column(header, kind) for kind in NAMES}
    return {kind: i for kind, i in found.items() if i is not None}


def withdrawn(heading: str, text: str) -> bool:
    """Return whether a cell says that a person has left the class."""
    if folded(heading) in GONE:
        return folded(text) in YES | GONE
    return folded(text) in WITHDRAWN
