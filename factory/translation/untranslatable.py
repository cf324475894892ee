"""Tasks whose matter is the text itself: spelling, rhymes, English grammar, "translate this".

Translated they would be another task, mostly one without an answer. Only what users ask decides, and of it the words
that name such a task, where it is put and not in the text that it is about. What it leaves out: puns that no word
announces, and tasks that turn out to be of this kind in the answer alone.
"""

import re
from collections.abc import Sequence
from typing import Literal

from factory.row import Message
from factory.translation.languages import Languages

Slug = Literal[
    "spelling", "counting", "wordplay", "grammar", "vocabulary", "translation", "pronunciation", "answer_language"
]

_ZONE = 300
"""Characters of a turn's first and last paragraph: there is what is asked, in between the text that it is asked
about."""
_SHORT = 500
"""Characters of a turn that is read whole."""

_LANGUAGES = (
    "(?:english|british|american|latin|greek|french|german|spanish|japanese|chinese|mandarin|cantonese|korean"
    "|italian|hebrew"
    "|portuguese|russian|arabic|hindi|turkish|dutch|swedish|polish|vietnamese|thai|indonesian|tagalog|esperanto"
    "|swahili)"
)
_QUOTE = "[\"'“”‘’]"
_REST = r"[^.?!\n]{0,60}"
"""What may stand between two words of one sentence."""
_TEXT = "(?:sentence|word|text|paragraph|phrase|name|passage|string|title|above|below|following|poem|essay)"

_ASKED: dict[Slug, tuple[str, ...]] = {
    "translation": (
        rf"translat(?:e|es|ing|ion)\b{_REST}\b{_LANGUAGES}\b",
        r"translate (?:this|the following|these|that|it|my|each) (?:sentence|text|phrase|paragraph|word|article|into)",
        r"translating it",
        rf"(?:say|write|mean|called|word for|spelled|phrase for)\b{_REST}\b(?:in|into) {_LANGUAGES}\b"
        r"(?! (?:class|history|cuisine|society|culture))",
        rf"in {_LANGUAGES},? (?:how|what) (?:do|does|is|would)",
    ),
    "answer_language": (
        rf"(?:answer|respond|reply|speak|talk|write|explain){_REST}\bin (?:simple |formal |old )?{_LANGUAGES}\b"
        r"(?! (?:class|history|cuisine|society|culture))",
        rf"use (?:only )?(?:old |simple |formal |modern )?{_LANGUAGES} (?:only|spelling|words)",
    ),
    "spelling": (
        rf"(?:spell|spells|spelled|spelt|spelling|spellings)\b(?={_REST}(?:\bword|\bname|\bcorrect|\bmistake"
        rf"|\berror|\bcheck"
        rf"|\bout\b|{_QUOTE}|\?|\bof\b))(?! of (?:rain|bad|good|dry|cold|hot))",
        r"(?:misspell\w*|typos?|capitali[sz]e (?:the|each|every|all|first)"
        r"|(?<!market )(?<!cap )capitali[sz]ation (?:error|rule|mist|in|and)"
        r"|punctuat(?:e|ion)|apostrophes?|uppercase|lowercase|upper case|lower case|hyphenat\w+)",
        r"(?:in|to|into|with) (?:all )?(?:caps|capital letters)",
        r"(?:word|string|sentence|phrase|letters?)\b[^.?!\n]{0,40}\b(?:backwards?|reversed|in reverse)",
        r"(?:reverse|backwards?)\b[^.?!\n]{0,40}\b(?:string|word|letters?|sentence|phrase)",
    ),
    "counting": (
        rf"(?:how many|count(?:ing)?|number of)\b{_REST}\b(?:letters?|vowels?|consonants?|syllables?"
        rf"|capitals?)\b(?={_REST}"
        rf"(?:\b(?:in|are|does|do|has|have|of)\b|{_QUOTE}))",
        rf"(?:how many|count(?:ing)?|number of)\b[^.?!\n]{{0,30}}\b(?:words|characters)\b{_REST}\b{_TEXT}\b",
        r"(?:first|last|second|third|middle|every|each) (?:\w+ )?letters? (?:of|in|from)",
        r"letters? (?:of|in) (?:the|this|a|each|your) (?:word|name|alphabet|following|sentence)",
        r"(?:[0-9]+|one|two|three|four|five|six|seven|eight|nine|ten)[- ]letter (?:word|name|adjective|noun|verb"
        r"|answer)s?",
        rf"(?:starts?|begins?|ends?|starting|beginning|ending|contain|contains|containing)(?: with"
        rf"| in)? (?:the )?(?:same )?"
        rf"(?:letters?\b|vowel|consonant|{_QUOTE}[A-Za-z]{{1,3}}{_QUOTE}|(?-i:[B-HJ-Z])(?=[ .?!,\n]|\Z))",
    ),
    "wordplay": (
        r"(?:rhymes?|rhyming|rhymed|puns?|punny|anagrams?|acrostics?|palindromes?|tongue[- ]twisters?|wordplay"
        r"|word play"
        r"|play on words|scrabble|hangman|wordle|alliterat\w+|pig latin|homophones?|homonyms?|heteronyms?|spoonerisms?"
        r"|portmanteau\w*|pangrams?|mad libs?|rebus|unscrambl\w+|scrambled (?:word|letter)s?|sonnets?|haikus?"
        r"|iambic|assonance"
        r"|backronyms?|mnemonics?|rap (?:song|lyrics|battle|verse)|knock[- ]knock|word (?:game|puzzle|search"
        r"|ladder|chain)s?"
        r"|cipher|morse code|rot13)",
        r"limericks?(?= (?:about|on|that|for|in|using|of)\b)|(?:a|funny|write) limerick",
        rf"crossword (?:clue|answer)|(?:create|make|suggest|invent|come up with|generate){_REST}\b(?:back)?acronyms?",
    ),
    "grammar": (
        r"(?:grammar|grammatical(?:ly)?|ungrammatical|conjugat\w+|past tense|present tense|future tense|past participle"
        r"|present perfect|past perfect|future perfect|passive voice|active voice|plural (?:form )?of"
        r"|singular (?:form )?of"
        r"|parts? of speech|part-of-speech|pos[- ]tag\w*|adverbs?|pronouns?|prepositions?|conjunctions?"
        r"|adjectives?|nouns?"
        r"|interjections?|gerunds?|infinitives?|direct object|indirect object|subject[- ]verb agreement"
        r"|definite article"
        r"|indefinite article|(?:relative|dependent|independent) clause|run-on sentence|sentence fragment|subjunctive"
        r"|comma splice|(?:phrasal|modal|irregular) verbs?|verb tenses?|morphemes?|verbs)",
        rf"(?:fix|correct|proofread|check|edit)\b[^.?!\n]{{0,30}}\b(?:sentence|english|essay|paragraph|writing"
        rf"|errors?|mistakes?|text)"
        rf"\b(?={_REST}(?:\bgramma|\bspell|\bmistake|\berror|:|\Z))",
        r"what(?:'s| is) (?:wrong|incorrect)[^.?!\n]{0,30}\bsentence",
        r"is (?:it|this|the following)[^.?!\n]{0,40}\b(?:sentence|phrase)\b[^.?!\n]{0,20}\bcorrect",
        r"(?:who|affect|fewer|lay|its|their) (?:or|vs\.?|versus|and) (?:whom|effect|less|lie|it's|there|they're)",
        rf"verb\b(?={_REST}\b(?:sentence|used))",
    ),
    "vocabulary": (
        r"(?:synonyms?|antonyms?|thesaurus|etymolog\w+|hypernyms?|hyponyms?|collocations?|toefl|ielts|toeic|idioms?)",
        r"(?:another|other|better|different|fancier|stronger) (?:words? (?:for|to|of|than|besides)|ways? (?:to say"
        r"|of saying))",
        r"(?:what is|what's|give)[^.?!\n]{0,20}\b(?:a|one|single|the) word (?:for|that|which|meaning)",
        r"what does (?:the )?(?:word|phrase|slang)\b[^.?!\n]{0,80}\bmean",
        r"(?:meaning|definition|origin|root) of (?:the )?(?:english )?(?:word|phrase|expression|saying)",
        rf"opposite of (?:the word )?{_QUOTE}?\w+{_QUOTE}?\s*(?:[?.]|\Z)",
        rf"use (?:the )?(?:words?|phrase){_REST}\bin a (?:sentence|paragraph)",
        r"fill in the blanks?",
        r"(?:difference between|distinguish between)[^.?!\n]{0,15}\bwords?",
    ),
    "pronunciation": (
        r"(?:pronounc\w+|pronunciations?)(?! ?:? ?[\[/(])(?! by| dead)",
        r"(?:phonetic (?:spelling|transcription|alphabet)|phonemes?|IPA transcription|stressed syllable"
        r"|silent letters?|diphthongs?)",
    ),
}
_PATTERNS = tuple(
    (slug, re.compile(rf"\b(?:{'|'.join(patterns)})(?!\w)", re.IGNORECASE)) for slug, patterns in _ASKED.items()
)
_OF_CODE = re.compile(
    r"```|\b(?:script|program|function|code|python|javascript|java|bash|regex|sql|c\+\+|algorithm|file|formula"
    r"|logic|api)\b",
    re.IGNORECASE,
)
_EVEN_IN_CODE: frozenset[Slug] = frozenset(("spelling", "counting", "translation"))
"""What programs do to texts, in any language."""
_ASKED_IN_JAPANESE: dict[Slug, tuple[str, ...]] = {
    "translation": (
        "(?:[英日]本?語|中国語|韓国語|フランス語|ドイツ語|スペイン語)に(?:翻訳|訳し|直し)|翻訳して|英訳|和訳",
        "[をは](?:英語|フランス語|ドイツ語|中国語)で(?:何|なん|どう)",
    ),
    "answer_language": (
        "(?:英語|日本語|関西弁|方言|敬語|ひらがな|カタカナ|ローマ字)(?:だけ)?で(?:答え|返事|回答|書い|話し|教え)",
    ),
    "spelling": ("誤字|脱字|送り仮名|書き順|句読点", "(?:漢字|ひらがな|カタカナ|ローマ字)(?:に(?:直|変|して)|で書)"),
    "counting": (
        "(?:何|なん)(?:文字|画|音節|拍)|文字数|画数|[一-九0-9]文字(?:の|以内)|(?:頭|最初|最後|語尾)の文字",
        "(?:から|で)(?:始まる|終わる)(?:言葉|単語|名前|動物)",
    ),
    "wordplay": (
        "しりとり|だじゃれ|ダジャレ|駄洒落|回文|韻を踏|早口言葉|アナグラム|なぞなぞ|なぞかけ|俳句|川柳|短歌|五七五",
        "あいうえお作文|縦読み|語呂合わせ|クロスワード|掛詞|頭文字",
    ),
    "grammar": (
        "文法|助詞|助動詞|敬語|尊敬語|謙譲語|丁寧語|活用形|品詞|主語と述語|形容詞|副詞|修飾語|文末表現",
        "です・?ます|である調",
    ),
    "vocabulary": (
        "類義語|対義語|反対語|同義語|四字熟語|ことわざ|慣用句|語源|熟語|別の(?:言い方|表現)|言い換え",
        "(?:という|の)(?:言葉|単語|漢字)の(?:意味|由来)",
    ),
    "pronunciation": ("発音|読み方|読み仮名|ふりがな|アクセントの位置|音読み|訓読み",),
}
_JAPANESE = tuple((slug, re.compile("|".join(patterns))) for slug, patterns in _ASKED_IN_JAPANESE.items())


def untranslatable(turns: Sequence[Message], languages: Languages = Languages()) -> Slug | None:  # noqa: B008 - frozen
    """Why a conversation can't be translated; None where it can.

    Args:
        turns: the source conversation; what users and the system prompt ask decides.
        languages: into and from which it would be translated.
    """
    patterns = _JAPANESE if languages.source == "ja" else _PATTERNS
    for role, content in turns:
        if role == "assistant":
            continue
        text = _request(content)
        code = _OF_CODE.search(text) is not None
        for slug, pattern in patterns:
            if not (code and slug in _EVEN_IN_CODE) and pattern.search(text):
                return slug
    return None


def _request(content: str) -> str:
    """What of a turn asks: all of a short one, the first and the last paragraph of a long one."""
    text = content.strip()
    if len(text) <= _SHORT:
        return text
    ends = (text.partition("\n")[0], text.rpartition("\n")[2])
    short = [one for one in dict.fromkeys(ends) if len(one) <= _ZONE]
    if short:
        return short[0] if short[0].rstrip().endswith(("?", ":")) else "\n".join(short)
    return f"{ends[0][:_ZONE]}\n{ends[1][-_ZONE:]}"
