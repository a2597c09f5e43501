"""Twenty texts in twenty scripts, and which of their characters are on a terminal's screen.

Each is article 1 of the Universal Declaration of Human Rights, which is in the public domain:
https://www.ohchr.org/en/human-rights/universal-declaration/translations
"""

# ruff: noqa: RUF001
from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import NamedTuple

_KOREAN = (
    "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. 인간은 천부적으로 이성과 양심을 "
    "부여받았으며 서로 형제애의 정신으로 행동하여야 한다."
)
TEXTS = {
    "Latin": "Tất cả mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm và quyền lợi. Mọi con người đều "
    "được tạo hóa ban cho lý trí và lương tâm và cần phải đối xử với nhau trong tình anh em.",
    "Greek": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα. Είναι προικισμένοι "
    "με λογική και συνείδηση, και οφείλουν να συμπεριφέρονται μεταξύ τους με πνεύμα αδελφοσύνης.",
    "Cyrillic": "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и "
    "совестью и должны поступать в отношении друг друга в духе братства.",
    "Hebrew": "כל בני אדם נולדו בני חורין ושווים בערכם ובזכויותיהם. כולם חוננו בתבונה ובמצפון, לפיכך חובה עליהם "
    "לנהוג איש ברעהו ברוח של אחווה.",
    "Arabic": "يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق. وقد وهبوا عقلاً وضميرًا وعليهم أن يعامل بعضهم بعضًا "
    "بروح الإخاء.",
    "Devanagari": "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है। उन्हें बुद्धि और "
    "अन्तरात्मा की देन प्राप्त है और परस्पर उन्हें भाईचारे के भाव से बर्ताव करना चाहिए।",
    "Bengali": "সমস্ত মানুষ স্বাধীনভাবে সমান মর্যাদা এবং অধিকার নিয়ে জন্মগ্রহণ করে। তাঁদের বিবেক এবং বুদ্ধি আছে; সুতরাং "
    "সকলেরই একে অপরের প্রতি ভ্রাতৃত্বসুলভ মনোভাব নিয়ে আচরণ করা উচিত।",
    "Tamil": "மனிதப் பிறிவியினர் சகலரும் சுதந்திரமாகவே பிறக்கின்றனர்; அவர்கள் மதிப்பிலும், உரிமைகளிலும் சமமானவர்கள், அவர்கள் "
    "நியாயத்தையும் மனச்சாட்சியையும் இயற்பண்பாகப் பெற்றவர்கள். அவர்கள் ஒருவருடனொருவர் சகோதர உணர்வுப் பாங்கில் "
    "நடந்துகொள்ளல் வேண்டும்.",
    "Telugu": "ప్రతిపత్తిస్వత్వముల విషయమున మానవులెల్లరును జన్మతః స్వతంత్రులును సమానులును నగుదురు. వారు వివేదన-అంతఃకరణ "
    "సంపన్నులగుటచే పరస్పరము భ్రాతృభావముతో వర్తింపవలయును.",
    "Malayalam": "മനുഷ്യരെല്ലാവരും തുല്യാവകാശങ്ങളോടും അന്തസ്സോടും സ്വാതന്ത്ര്യത്തോടുംകൂടി ജനിച്ചിട്ടുള്ളവരാണ്. അന്യോന്യം "
    "ഭ്രാതൃഭാവത്തോടെ പെരുമാറുവാനാണ് മനുഷ്യന് വിവേകബുദ്ധിയും മനസ്സാക്ഷിയും സിദ്ധമായിരിക്കുന്നത്.",
    "Sinhala": "සියලු මනුෂ්‍යයෝ නිදහස්ව උපත ලබා ඇත. ගරුත්වයෙන් හා අයිතිවාසිකම්වලින් සමාන වෙති. යුක්ති අයුක්ති පිළිබඳ "
    "හැඟීමෙන් හා හෘදය සාක්ෂියෙන් යුත් ඔවුන්, ඔවුනොවුන්ට සැළකිය යුත්තේ සහෝදරත්වය පිළිබඳ හැඟීමෙනි.",
    "Thai": "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ ต่างมีเหตุผลและมโนธรรม และควรปฏิบัติต่อกันด้วย"
    "เจตนารมณ์แห่งภราดรภาพ ทำน้ำให้ใส",
    "Lao": "ມະນຸດທຸກຄົນເກີດມາມີກຽດສັກສີ, ສິດທິ, ອິດສະຫຼະພາບແລະຄວາມສະເໝີພາບເທົ່າທຽມກັນ. ທຸກໆຄົນມີເຫດຜົນແລະຄວາມຄິດຄວາມເຫັນ"
    "ສ່ວນຕົວ, ດັ່ງນັ້ນ ຄວນປະພຶດຕໍ່ກັນຄືພີ່ນ້ອງ. ເຮັດນ້ຳໃຫ້ໃສ",
    "Burmese": "လူတိုင်းသည် တူညီ လွတ်လပ်သော ဂုဏ်သိက္ခာဖြင့် လည်းကောင်း၊ တူညီလွတ်လပ်သော အခွင့်အရေးများဖြင့် လည်းကောင်း၊ "
    "မွေးဖွားလာသူများ ဖြစ်သည်။ ထိုသူတို့၌ ပိုင်းခြား ဝေဖန်တတ်သော ဉာဏ်နှင့် ကျင့်ဝတ် သိတတ်သော စိတ်တို့ရှိကြ၍ ထိုသူတို့သည် "
    "အချင်းချင်း မေတ္တာထား၍ ဆက်ဆံကျင့်သုံးသင့်၏။",
    "Khmer": "មនុស្សទាំងអស់ កើតមកមានសេរីភាព និងសមភាព ក្នុងផ្នែកសេចក្ដីថ្លៃថ្នូរនិងសិទ្ធិ។ មនុស្ស មានវិចារណញ្ញាណនិងសតិសម្បជញ្ញៈ"
    "ជាប់ពីកំណើត ហើយគប្បីប្រព្រឹត្ដចំពោះគ្នាទៅវិញទៅមក ក្នុងស្មារតីភាតរភាពជាបងប្អូន។",
    "Tibetan": "འགྲོ་བ་མིའི་རིགས་རྒྱུད་ཡོངས་ལ་སྐྱེས་ཙམ་ཉིད་ནས་ཆེ་མཐོངས་དང༌། ཐོབ་ཐང་གི་རང་དབང་འདྲ་མཉམ་དུ་ཡོད་ལ། ཁོང་ཚོར་རང་བྱུང་གི་"
    "བློ་རྩལ་དང་བསམ་ཚུལ་བཟང་པོ་འདོན་པའི་འོས་བབས་ཀྱང་ཡོད།",
    "Georgian": "ყველა ადამიანი იბადება თავისუფალი და თანასწორი თავისი ღირსებითა და უფლებებით. მათ მინიჭებული აქვთ "
    "გონება და სინდისი და ერთმანეთის მიმართ უნდა იქცეოდნენ ძმობის სულისკვეთებით.",
    "Korean": _KOREAN,
    "Korean, NFD": unicodedata.normalize("NFD", _KOREAN),
    "Japanese": "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。人間は、"
    "理性と良心とを授けられており、互いに同胞の精神をもって行動しなければならない。",
    "Chinese": "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。",
    "mixed": "Grüße 👋🏽 from the family 👨‍👩‍👧‍👦 in 🇩🇪 and 🇯🇵: cafe\N{COMBINING ACUTE ACCENT}, "
    "nai\N{COMBINING DIAERESIS}ve, q\N{COMBINING DOT ABOVE}\N{COMBINING DOT BELOW}, 👩🏾‍💻 writes ❤️ and ☎️ under 🏳️‍🌈, "
    "मनुष्य और คน, שלום and 漢字 on one line with ½ and … as well.",
}
FORMS = ("paragraph", "list", "table")
_MARK = "s{:02}{}x"
LAST_MARK = _MARK.format(len(TEXTS) - 1, "d")
_SHOWN = re.compile(r"[\s\0\u2500-\u257f▌•◦·*|-]+")


def _has_words(text: str) -> bool:
    """Return whether a script has spaces between its words."""
    return len(text.split()) > 3


class Missing(NamedTuple):
    """What is not on the screen of one text in one form, in code points; `sample` is the first that is not in place."""

    script: str
    form: str
    lost: int
    of: int
    sample: str


def source() -> str:
    """Return a reply in Markdown with every text in every form, behind marks."""
    blocks = []
    for number, text in enumerate(TEXTS.values()):
        words = text.split()
        half = len(words) // 2
        marks = [_MARK.format(number, letter) for letter in "abcd"]
        cells = (words[0], " ".join(words[1:half]), " ".join(words[half:-1]), words[-1])
        if not _has_words(text):
            cells = (text[:8], text[8:], text, "")
        table = "| name | text |\n| --- | --- |\n| {} | {} |\n| {} | {} |".format(*cells)
        items = [f"- {text}", f"  - {text}"]
        blocks += [marks[0], f"{text} {text}", marks[1], "\n".join(items), marks[2], table, marks[3]]
    return "\n\n".join(blocks)


def plain() -> str:
    """Return the same texts in the same places without Markdown, for `cat`."""
    lines = []
    for number, text in enumerate(TEXTS.values()):
        table = f"name text {text}" if _has_words(text) else f"name text {text} {text}"
        forms = (f"{text} {text}", f"{text}\n{text}", table)
        for letter, form in zip("abc", forms, strict=True):
            lines += [_MARK.format(number, letter), form]
        lines.append(_MARK.format(number, "d"))
    return "\n".join(lines) + "\n"


def compared(text: str) -> str:
    """Return the code points that have to be there: no space, no decoration, nothing that is invisible; in NFC."""
    shown = _SHOWN.sub("", unicodedata.normalize("NFC", text))
    return "".join(char for char in shown if unicodedata.category(char) != "Cf" and not 0xFE00 <= ord(char) <= 0xFE0F)


def missing(screen: str) -> list[Missing]:
    """Return what a screen with `source()` or `plain()` does not show of each text."""
    screen = _SHOWN.sub("", screen)
    found = []
    for number, (script, text) in enumerate(TEXTS.items()):
        for form, begin, end in zip(FORMS, "abc", "bcd", strict=True):
            parts = re.search(_MARK.format(number, begin) + "(.*?)" + _MARK.format(number, end), screen)
            wanted = compared(text * 2)
            if form == "table":
                wanted = compared("nametext" + (text if _has_words(text) else text * 2))
            seen = compared(parts[1]) if parts else ""
            lost = sum((Counter(wanted) - Counter(seen)).values())
            at = next((at for at in range(len(wanted)) if seen[at : at + 1] != wanted[at]), None)
            # The cells of a wrapped row stand beside each other, so their order is not compared.
            if lost or (at is not None and form != "table"):
                found.append(Missing(script, form, lost, len(wanted), wanted[at : at + 12] if at is not None else ""))
    return found
