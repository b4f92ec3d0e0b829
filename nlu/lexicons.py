"""Frequent short words by which a language shows itself, in lower case without accents.

``OWN`` are languages that a bot may speak, each with words that the other one hardly uses; training data adds to them.
``FOREIGN`` are marks of languages that people also try. ``BAMBARA_WEAK`` are Bambara words that other languages share.
"""

from __future__ import annotations

OWN: dict[str, frozenset[str]] = {
    "en": frozenset(
        "the is are was what who whom whose where when which why how does do did can could would should will i you he she "
        "we they my your his her our their this that these those of to for with from about an and or not there have has "
        "had need want know tell give get call please thanks hello hi any some me him them it its im ive dont doesnt isnt "
        "whats wheres whos am be been being into out up if then than yes much many person people someone speak "
        "looking ask english".split()
    ),
    "fr": frozenset(
        "le les des du un une est sont suis etes quel quelle quels quelles qui que quoi ou comment pourquoi quand combien "
        "je tu il elle nous vous ils elles mon ma mes votre vos notre nos leur leurs son sa ses ce cette ces et dans pour "
        "avec sans sur chez par de la au aux ne pas plus peut peux veux voudrais faut faire fait avoir ai avez bonjour "
        "bonsoir salut merci svp stp oui non jai cest quil qu quelqu joindre appeler numero bureau besoin savoir "
        "c ki koi pr jveux g kel slt bjr mrc komen y en parle francais dites moi toi lui s d l j n m t".split()
    ),
}

FOREIGN: dict[str, frozenset[str]] = {
    "es": frozenset(
        "el los las unos por como donde cuando quiero necesito tengo puedo hola gracias buenos buenas dias tardes visado "
        "embajada pasaporte quien cual hay esta estoy soy muy hablar espanol usted ustedes telefono numero favor quisiera "
        "trabajo hacer ayuda cuanto cuesta".split()
    ),
    "pt": frozenset(
        "voce nao quero preciso onde obrigado obrigada ola visto embaixada passaporte quem qual muito posso tenho bom dia "
        "boa tarde falar estou uma os isso fazer ajuda quanto custa portugues".split()
    ),
    "de": frozenset(
        "ich wie wo wer der das ein eine einen und ist nicht fur mit kann mochte brauche bitte danke hallo guten tag visum "
        "botschaft reisepass sprechen sie deutsch wann welche zum zur bei auf von haben bekomme".split()
    ),
    "it": frozenset(
        "dove chi il gli ciao buongiorno grazie voglio vorrei bisogno sono ambasciata passaporto posso parlare italiano "
        "quando quanto costa come perche della degli nella ho un'".split()
    ),
    "nl": frozenset("ik hoe waar wie het een niet voor met graag dank hallo goedendag ambassade paspoort spreekt kan mijn".split()),
    "tr": frozenset("merhaba nasil nerede kim vize icin bir istiyorum buyukelcilik pasaport tesekkurler lutfen ben var".split()),
    "sw": frozenset("habari nataka nahitaji asante wapi nani jinsi gani ubalozi pasipoti tafadhali ninahitaji kuhusu jambo yangu".split()),
    "wo": frozenset("naka nga def mangi maa ngi ndax dama begg jerejef jamm rekk waaw deedeet nanga fan kan lan".split()),
    "ff": frozenset("mido jam tan yidi hol no mbadda jaraama noy wadi holko holto miin".split()),
    "ru": frozenset("privet kak gde kto spasibo viza mne nuzhna posolstvo".split()),
    "pl": frozenset("jak gdzie kto dzien dobry dziekuje wiza ambasada jest potrzebuje prosze moge".split()),
    "ar": frozenset("marhaba kayfa ayna shukran uridu safara taashira".split()),
    "zh": frozenset("nihao xiexie qianzheng dashiguan".split()),
    "so": frozenset("waxaan rabaa sidee halkee mahadsanid safaaradda".split()),
    "ha": frozenset("sannu ina yaya wane nagode ofishin jakadanci don allah".split()),
}

BAMBARA: frozenset[str] = frozenset(
    "sogoma tile wula kene kɛnɛ wa mun min jon jɔn yoro yɔrɔ bɛ tɛ bɛna fɛ don dɔn kosɛbɛ kosebe barika here hɛrɛ sira "
    "bamanankan bamanan kuma wari baara muso dogotoro somogow anw olu nin ani walima nka barisa sabu tubabu tubabukan "
    "ambasadi anbasadi kunnafoni kunnafoniw ɲini nyini nyinin laseli jamana dugu cogo cogodi dii joli hakɛto haketo k'an "
    "ben kan'ben n'ba nse nba togo ko fe bolo mogo mɔgɔ mɔgo sɔrɔ soro kɛ ke taa tagali taama lamerikɛn ameriki "
    "amerikɛn amiriki sababu jɛkulu jekulu ɲɛ nyɛ nye dɛmɛ deme dɛmɛn sebɛn seben sɛbɛn wele nimorɔ nimoro telefoni "
    "bɛɛ bee bi sini kunun dɔ dɔɔni dooni hali ala sonna k'i aw".split()
)
BAMBARA_WEAK: frozenset[str] = frozenset("i a o u n ne ni ce cɛ ka ye te be na su fo ba fa den ma la ra b'a b k ka'a so".split())
