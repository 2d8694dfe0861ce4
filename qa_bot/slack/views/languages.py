"""The fixed texts in each language."""

from __future__ import annotations

from qa_bot.answering.missing import Gap
from qa_bot.slack.settings import Language
from qa_bot.slack.views.texts import ENGLISH, Texts

GERMAN = Texts(
    not_answered="Die Artikel sagen es nicht.",
    understood="verstanden als: {question}",
    possibly="Vielleicht ({percent} %):",
    possibly_differing="Vielleicht, aber die Artikel widersprechen sich:",
    surely="{words} ({percent} %):",
    articles_say="In den Artikeln steht ({words}, {percent} %):",
    newest_articles="Die neuesten Artikel dazu:",
    reasons={
        Gap.PUBLISHER: "Kein Artikel ist von {words}. Es gibt Artikel von {others}.",
        Gap.ARTICLES: "Kein Artikel passt zum Filter.",
        Gap.LANGUAGE: "Die Frage scheint in einer Sprache zu sein, die qa-bot nicht liest; in keinem Artikel steht {words}.",
        Gap.WORDS: "In keinem Artikel steht {words}.",
        Gap.TOGETHER: "Von den gelesenen Textstellen {count} mit {words}, keine davon mit {others}.",
        Gap.ANSWER: "Von den gelesenen Textstellen {count} mit {words}; keine antwortet sicher genug.",
        Gap.UNREAD: "In keiner der gelesenen Textstellen steht {words}.",
        Gap.UNCLEAR: "Die Frage nennt nichts, wonach sich suchen ließe; frag mit einem Namen oder einem anderen treffenden Wort.",
    },
    quotes="„{}“",
    joins=("und", "oder"),
    sureness=("sehr sicher", "ziemlich sicher", "nicht sehr sicher", "kaum mehr als geraten"),
    percent="{words} ({percent} %)",
    months="Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    date="{day}. {month} {year}",
    thousands=".",
    fallback="{answer}. Aus „{title}“: {sentence}",
    asked_by="fragte:",
    also="auch in:",
    agreeing="das sagt auch:",
    differ="Die Artikel widersprechen sich: {sides}.",
    side="{text} steht in {count}",
    newest="neuester vom {day}",
    days="Hier ist {days}.",
    named_day="{name} der {day}",
    undated="ohne Datum",
    found_in_text="{day} (im Text gefunden)",
    retracted="Diese Antwort ist zurückgezogen: „{title}“, woraus sie zitierte, wurde zurückgezogen.",
    retracted_because="Der Grund: {reason}",
    ask_again="Bitte stell die Frage noch einmal.",
    more="Weitere Antworten",
    closest="Ähnlichste Antworten",
    context="Im Zusammenhang",
    article="Ganzer Artikel",
    why="Warum?",
    share="Im Kanal teilen",
    share_all="Allen zeigen",
    ask_person="Jemanden fragen",
    resolved="Erledigt",
    good="Richtig",
    bad="Falsch",
    good_label="Die Antwort ist richtig",
    bad_label="Die Antwort ist falsch oder fehlt; öffnet ein Formular",
    close="Schließen",
    more_title="Weitere Antworten",
    context_title="Im Zusammenhang",
    why_title="Warum diese Antwort",
    why_limits="Ich antworte ab {sure} %, und ab {possible} % mit „vielleicht“.",
    why_running="Was zur Wahl stand:",
    why_read="Die Textstellen, die ich gelesen habe, die beste zuerst:",
    why_listed="Diese Artikel enthalten die Wörter der Frage; ich habe dafür keine Textstelle gelesen.",
    article_title="Artikel",
    searching="Suche …",
    no_others="Es gibt keine weiteren Antworten.",
    gone="Der Artikel wurde geändert oder entfernt, seit diese Antwort gefunden wurde. Bitte stell die Frage noch einmal.",
    cut_here="Der Artikel geht weiter, aber mehr kann Slack nicht zeigen.",
    feedback_title="Was stimmt nicht?",
    feedback_send="Senden",
    feedback_reason="Was stimmt an der Antwort nicht?",
    feedback_reasons=(
        "Sie ist falsch",
        "Sie stimmt, aber danach war nicht gefragt",
        "Die Artikel sagen es doch",
        "Die Artikel sagen es nicht",
    ),
    feedback_answer="Die richtige Antwort",
    feedback_answer_hint="Möglichst in den Worten des Artikels.",
    feedback_needed="Wähle einen Grund oder gib die richtige Antwort an.",
    thanks_for_feedback="Danke. Das hilft, die Antworten besser zu machen.",
    status="durchsucht {passages} Textstellen …",
    waiting="beantwortet vorher noch {count} Fragen …",
    too_busy="Im Moment warten zu viele Fragen. Bitte frag in einer Minute noch einmal.",
    empty="Es gibt noch keine Artikel. Jemand muss erst welche indexieren, bevor ich antworten kann.",
    unavailable="Ich komme gerade nicht an die Artikel; das Protokoll sagt, warum. Bitte frag in ein paar Minuten noch einmal.",
    too_slow="Ich konnte die Textstellen nicht rechtzeitig lesen. Bitte stell eine genauere Frage.",
    too_long="Das ist länger als {count} Zeichen. Bitte stell eine kürzere Frage.",
    no_words="Ich sehe darin keine Frage. Bitte frag in Worten.",
    failed="Beim Antworten ist etwas schiefgegangen; das Protokoll sagt, was. Bitte frag noch einmal.",
    hello="Hallo! Stell mir eine Frage, und ich zitiere die Antwort aus meinen Artikeln.",
    welcome="Gern geschehen!",
    goodbye="Auf Wiedersehen!",
    help=(
        "Stell mir eine Frage: in einem Kanal, in dem ich bin, mit einer Erwähnung, oder in einer Direktnachricht. Ich antworte "
        "mit einem Satz aus einem Artikel, Wort für Wort, und sage es, wenn die Artikel keine Antwort geben. Frag im Thread "
        "weiter, oder nimm /ask für eine Antwort, die nur du siehst."
    ),
    usage=(
        "So geht es: /ask und dann eine Frage, zum Beispiel: /ask Wer hat die Wahl gewonnen? Nur du siehst die Antwort. Mit "
        "/ask notify und einer Frage sage ich dir, wenn ein neuer Artikel sie beantwortet."
    ),
    person_asks="möchte wissen:",
    person_closest="Die Artikel sagen es nicht. Dies kam dem am nächsten:",
    person_how=(
        "Antworte in diesem Thread. „Erledigt“ schließt die Frage und behält die letzte Antwort für die, die sich um mich "
        "kümmern."
    ),
    person_asked="Danach ist schon gefragt worden; sieh in diesen Thread.",
    person_resolved="Erledigt, sagt",
    team_answer_by="Antwort des Teams von",
    from_articles="Aus den Artikeln:",
    team_answers="Antworten des Teams",
    team_answers_none="Noch keine. Nimm „Save team answer“ bei einer Nachricht.",
    team_answers_newer="Neuere",
    team_answers_older="Ältere",
    team_answer_title="Antwort des Teams",
    team_answer_question="Die Frage",
    team_answer_text="Die Antwort eures Teams",
    team_answer_hint="Alle, deren Frage dasselbe meint, sehen sie über dem, was die Artikel sagen.",
    team_answer_link="Verweis",
    team_answer_save="Speichern",
    team_answer_saved="Gespeichert. Fragen, die dasselbe meinen, bekommen sie ab jetzt.",
    team_answer_edit="Ändern",
    team_answer_delete="Löschen",
    team_answer_sure="Dann bekommt niemand mehr diese Antwort.",
    team_answer_denied="Du kannst hier keine Antworten des Teams speichern; die in slack.editors können es.",
    team_answer_keep="Als Antwort unseres Teams speichern",
    welcome_hello=(
        "Hallo! Ich beantworte Fragen mit einem Satz aus einem Artikel, Wort für Wort, oder sage, dass die Artikel es nicht "
        "sagen."
    ),
    welcome_reads="Ich lese {articles} Artikel aus {sources}; der neueste ist vom {newest}.",
    welcome_part="einen Teil der",
    welcome_examples="Zum Beispiel:",
    welcome_channel=(
        "Erwähne mich mit deiner Frage, und ich antworte in ihrem Thread; frag dort weiter. Mit /ask siehst nur du die Antwort."
    ),
    welcome_direct="Schreib hier deine Frage, und frag in ihrem Thread weiter.",
    prompts_title="Frag die Artikel, zum Beispiel:",
    home_title="Frag die Artikel",
    home_how=(
        "Stell hier eine Frage, erwähne mich in einem Kanal, schreib mir eine Nachricht, oder nimm /ask. Ich antworte mit einem "
        "Satz aus einem Artikel, Wort für Wort."
    ),
    home_ask="Deine Frage",
    home_placeholder="Wer, was, wann, wo …?",
    home_yours="Deine letzten Fragen",
    home_none="Noch keine.",
    home_holds="Es gibt {articles} Artikel mit {passages} Textstellen.",
    home_newest="Die neuesten Artikel",
    answer_title="Antwort",
    not_indexed="Ich konnte das nicht indexieren: {reason}",
    unsupported="nur Links und Text-, Markdown-, HTML- und PDF-Dateien lassen sich indexieren",
    too_large="die Datei ist größer als {size} MB",
    elsewhere="die Datei ist nicht bei Slack gespeichert",
    not_read="beim Lesen ist etwas schiefgegangen; das Protokoll sagt, was",
    not_given="Slack lässt mich die Datei nicht lesen; ein Admin sollte prüfen, ob ich das Recht files:read habe",
    is_retracted="der Artikel wurde zurückgezogen und bleibt draußen; ein Admin kann ihn wiederherstellen",
    not_fetched="Slack war nicht zu erreichen; bitte poste die Datei später noch einmal",
    admin_usage="So geht es: /ask-admin status, /ask-admin reindex, /ask-admin add URL, /ask-admin remove ID",
    admin_denied="Das können nur die Admins, die in meinen Einstellungen stehen.",
    admin_status="{articles} Artikel, {passages} Textstellen, {sources} Quellen. {waiting} Fragen warten.",
    admin_started="Begonnen. Ich sage dir, wie es ausgegangen ist.",
    admin_address="eine Adresse beginnt mit https:// oder http://",
    admin_done="Fertig: {new} neu, {changed} geändert, {removed} entfernt, {unchanged} unverändert, {failed} nicht lesbar.",
    admin_removed="Entfernt: {title}",
    admin_unknown="Das ging nicht: Es gibt keinen Artikel, dessen ID so beginnt, oder mehrere.",
    admin_failed="Das ging nicht: {reason}",
    not_here="In diesem Kanal antworte ich nicht.",
    not_you="Ich antworte nur Menschen der Organisation, die mich betreibt.",
    invite_me="Ich bin nicht in diesem Kanal und kann hier nicht schreiben. Lade mich erst ein: /invite und mein Name.",
    already="Das habe ich schon beantwortet; sieh in den Thread.",
    unanswered_title="Was ohne Antwort blieb",
    unanswered_off=(
        "Fragen ohne Antwort werden nicht aufgezeichnet. Um sie hier zu sehen, setze log_questions = true unter [slack] in "
        "qa_bot.toml, und starte mich neu."
    ),
    unanswered_none="Nichts in den letzten {days} Tagen.",
    unanswered_in_days=(
        "In den letzten {days} Tagen hatten {count} Fragen keine Antwort oder eine, die als falsch galt. Schreib oder indexiere, "
        "was fehlt."
    ),
    unanswered_refused="{count} ohne Antwort",
    unanswered_wrong="{count} als falsch bewertet",
    unanswered_last="zuletzt am {day}",
    unanswered_also="auch:",
    unanswered_more="Und {count} weitere; alle zeigt: qa-bot feedback report",
    unanswered_week=(
        "Vom {since} bis zum {until} hatten {count} Fragen keine Antwort oder eine, die als falsch galt. Schreib oder indexiere, "
        "was fehlt."
    ),
    unanswered_private="ein privater Kanal",
    unanswered_outside="außerhalb von Kanälen",
    notify="Sag mir, wenn ein Artikel das beantwortet",
    alert_noted=(
        "Notiert. Ich schreibe dir eine Direktnachricht, wenn ein neuer Artikel das beantwortet. /ask notify zeigt, worauf du "
        "wartest."
    ),
    alert_known="Danach halte ich schon Ausschau. /ask notify zeigt, worauf du wartest.",
    alerts_full="Du wartest schon auf {count} Antworten, mehr merke ich mir nicht. /ask notify zeigt sie; beende erst eine.",
    alerts_none=(
        "Du wartest auf keine Antwort. Mit /ask notify und einer Frage bekommst du eine Direktnachricht, wenn ein neuer Artikel "
        "sie beantwortet."
    ),
    alerts_title="Ich schreibe dir eine Direktnachricht, wenn ein neuer Artikel eine dieser Fragen beantwortet:",
    alert_stop="Beenden",
    alert_stop_all="Alle Meldungen beenden",
    alerts_stopped="Beendet. Du wartest auf keine Antwort mehr.",
    alert_found="Ein neuer Artikel beantwortet, was du wissen wolltest:",
)

_TEXTS = {Language.ENGLISH: ENGLISH, Language.GERMAN: GERMAN}


def texts_in(language: Language) -> Texts:
    """The texts in a language."""
    return _TEXTS[language]
