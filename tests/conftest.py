"""Fixtures that every test may use: a tiny model, trained once a session on headlines written here."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from hypothesis import settings

from newsclf.predictor import Predictor
from newsclf.topicmodel import Calibration, TopicModel

# Tests that a shell started in the background have Ctrl-C ignored, and so would the processes that they interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# In whatever order the files that take fixtures from these are collected.
pytest.register_assert_rewrite("tests.trackingstore", "tests.sweepfolder")

# A shared machine may stop for a moment in any test; time is measured in experiments/bench.
settings.register_profile("newsclf", deadline=None)
settings.load_profile("newsclf")

HEADLINES = {
    "security": (
        "توقيف مروج مخدرات بحي شعبي في طنجة",
        "الأمن يوقف ثلاثة أشخاص بتهمة السرقة بالعنف",
        "حريق مهول يأتي على مستودع بالدار البيضاء",
        "مصرع شخصين في حادثة سير بين شاحنة وسيارة",
        "الدرك الملكي يحجز أطنانا من مخدر الشيرا",
        "تفكيك خلية إرهابية موالية لتنظيم داعش",
        "إحالة متهم بالقتل على قاضي التحقيق",
        "انهيار منزل آيل للسقوط يخلف ضحايا بفاس",
        "الشرطة القضائية توقف لصا سرق هواتف المارة",
    ),
    "sport": (
        "الوداد يتعاقد مع مدرب جديد لقيادة الفريق",
        "الرجاء يفوز على ضيفه في مباراة الديربي",
        "المنتخب الوطني يتأهل إلى نهائيات كأس إفريقيا",
        "تعادل مثير بين الجيش الملكي ونهضة بركان",
        "الجامعة الملكية لكرة القدم تحدد موعد نهائي الكأس",
        "لاعب المنتخب يغيب عن المباراة بسبب الإصابة",
        "عداءة مغربية تحرز ذهبية سباق 800 متر",
        "المدرب يعلن لائحة اللاعبين لمواجهة الغد",
        "هدف قاتل يمنح الفريق بطاقة التأهل في دوري الأبطال",
    ),
    "politics": (
        "مجلس النواب يصادق على مشروع قانون تنظيمي",
        "رئيس الحكومة يستقبل وفدا برلمانيا بالرباط",
        "حزب معارض ينتقد حصيلة الحكومة أمام البرلمان",
        "وزير الخارجية يجري مباحثات مع نظيره الموريتاني",
        "المجلس الحكومي يتدارس مرسوما حول الانتخابات",
        "الأحزاب تستعد للانتخابات التشريعية المقبلة",
        "المغرب يفتح قنصلية جديدة بمدينة العيون",
        "مجلس المستشارين يعقد جلسة لمساءلة الوزراء",
        "القصر الملكي يعلن تعيين سفراء جدد",
    ),
    "economy": (
        "ارتفاع أسعار المحروقات بمحطات الوقود",
        "بنك المغرب يرفع سعر الفائدة الرئيسي",
        "البورصة تغلق على وقع الانخفاض",
        "صادرات الفوسفاط تسجل رقما قياسيا هذا العام",
        "المندوبية السامية للتخطيط تتوقع نموا بنسبة 3 في المائة",
        "مطالب بالزيادة في الأجور لمواجهة غلاء المعيشة",
        "استثمار جديد في صناعة السيارات بالقنيطرة",
        "عجز الميزانية يتفاقم ومديونية الخزينة ترتفع",
        "انخفاض أسعار الخضر في أسواق الجملة",
    ),
    "other": (
        "مهرجان للموسيقى الأندلسية يفتتح دورته بشفشاون",
        "توقعات أحوال الطقس ليوم غد وأمطار مرتقبة",
        "معرض للكتاب يستقبل زواره بالرباط",
        "نصائح طبية لتفادي نزلات البرد",
        "فيلم مغربي يعرض في قاعات السينما",
        "وصفة حلوى تقليدية لمائدة رمضان",
        "اكتشاف أثري بموقع وليلي الروماني",
        "جامعة تنظم ندوة حول الأدب الأمازيغي",
        "حملة للتلقيح ضد الحصبة في المدارس",
    ),
}


def headlines() -> tuple[list[str], list[str]]:
    """Return the headlines and, for each, its category."""
    pairs = [(text, category) for category, texts in HEADLINES.items() for text in texts]
    return [text for text, _ in pairs], [category for _, category in pairs]


@pytest.fixture(scope="session")
def tiny_model() -> TopicModel:
    """A topic model of five categories, trained on `HEADLINES`."""
    from newsclf.classifier import TopicClassifier

    texts, labels = headlines()
    classifier = TopicClassifier(bucket_bits=12, min_document_frequency=1).fit(texts, labels)
    return classifier.to_topic_model(calibration=Calibration(length_slope=0.1, threshold=0.5))


@pytest.fixture(scope="session")
def tiny_folder(tiny_model: TopicModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `tiny_model` is saved in; tests must not write to it."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    tiny_model.save(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_predictor(tiny_model: TopicModel) -> Predictor:
    """A predictor on `tiny_model`, shared by all tests of the session."""
    return Predictor(tiny_model)


@pytest.fixture(scope="session")
def sample_headlines() -> list[str]:
    """The texts of `HEADLINES`, in order."""
    return headlines()[0]
