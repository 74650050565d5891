"""The words of the hospital: codes with their spellings, units, diagnoses, laboratory tests.

Every table here is plain data. A code's first spelling is the usual one; the others are dirt.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "ACUTE",
    "ADMISSION_TYPE",
    "CHRONIC",
    "DISCHARGE",
    "LAB_TESTS",
    "NOTES",
    "OTHER_UNIT",
    "PAYER",
    "PAYERS",
    "PLAUSIBLE",
    "POSITIVE_SENTINELS",
    "SENTINELS",
    "SEX",
    "SPECIALTIES",
    "TEST",
    "UNIT",
    "Condition",
    "LabTest",
]

SEX = {
    "female": ("F", "f", "female", "Female", "2"),
    "male": ("M", "m", "male", "Male", "1"),
}

PAYER = {
    "medicare": ("Medicare", "MEDICARE", "Medicare A/B", "MCR", "CMS Medicare"),
    "medicaid": ("Medicaid", "MEDICAID", "AHCCCS", "MCD", "State Medicaid"),
    "blue_cross": ("Blue Cross", "BCBS", "Blue Cross Blue Shield", "BlueCross", "BC/BS"),
    "aetna": ("Aetna", "AETNA", "Aetna Inc.", "AET", "Aetna Health"),
    "united": ("UnitedHealthcare", "UHC", "United", "United Healthcare", "United Health Care"),
    "self_pay": ("Self-pay", "SELF PAY", "self", "Uninsured", "SP"),
}

ADMISSION_TYPE = {
    "emergency": ("Emergency", "EMERGENCY", "ED", "Emerg.", "ER"),
    "urgent": ("Urgent", "URGENT", "URG", "Urgent care", "2 - Urgent"),
    "elective": ("Elective", "ELECTIVE", "ELEC", "Planned", "3 - Elective"),
    "trauma": ("Trauma", "TRAUMA", "TRA", "Trauma center", "5 - Trauma"),
}

DISCHARGE = {
    "home": ("Home", "HOME", "Discharged to home", "Routine", "01"),
    "home_health": ("Home health", "HHS", "Home w/ home health", "Home Health Service", "06"),
    "skilled_nursing": ("SNF", "Skilled nursing", "Skilled Nursing Facility", "S.N.F.", "03"),
    "rehabilitation": ("Rehab", "Rehabilitation", "REHAB FACILITY", "Inpatient rehab", "62"),
    "against_advice": ("AMA", "Left AMA", "Left against medical advice", "Against advice", "07"),
    "hospice": ("Hospice", "HOSPICE", "Hospice - home", "Hospice facility", "50"),
    "expired": ("Expired", "EXPIRED", "Died", "Deceased", "20"),
}

UNIT = {
    "mg/dL": ("mg/dL", "mg/dl", "MG/DL", "mg / dL", "mg per dL"),
    "mmol/L": ("mmol/L", "mmol/l", "MMOL/L", "mmol / L", "mM"),
    "umol/L": ("umol/L", "µmol/L", "umol/l", "UMOL/L", "mcmol/L"),
    "g/dL": ("g/dL", "g/dl", "G/DL", "g / dL", "gm/dL"),
    "g/L": ("g/L", "g/l", "G/L", "g / L", "gm/L"),
    "mEq/L": ("mEq/L", "meq/l", "MEQ/L", "mEq / L", "meq/L"),
    "%": ("%", "pct", "percent", "PCT", "per cent"),
    "kg": ("kg", "KG", "kgs", "kilogram", "kilograms"),
    "lb": ("lb", "LB", "lbs", "pound", "pounds"),
}

OTHER_UNIT = {
    "glucose": ("mmol/L", 18.016, 2),
    "creatinine": ("umol/L", 0.01131, 1),
    "hemoglobin": ("g/L", 0.1, 0),
    "weight": ("lb", 0.45359237, 1),
}
"""Quantity → its other unit, that unit's size in the usual one, and the decimals it is written with."""

PLAUSIBLE = {
    "glucose": (10.0, 2000.0),
    "creatinine": (0.1, 30.0),
    "hemoglobin": (2.0, 30.0),
    "sodium": (90.0, 200.0),
    "hba1c": (2.0, 25.0),
    "weight": (2.0, 400.0),
    "charge": (0.0, 10_000_000.0),
}
"""Quantity → the least and the greatest value that can be true, in its usual unit."""

SENTINELS = ("?", "N/A", "unknown", "NULL", "-999")
"""What stands for "not known"; in number columns it is mostly ``-999``."""

POSITIVE_SENTINELS = SENTINELS[:4]


@dataclass(frozen=True, slots=True)
class LabTest:
    """A laboratory test: its unit, what is usual, and in which share of stays it is taken."""

    spellings: tuple[str, ...]
    unit: str
    mean: float
    spread: float
    decimals: int
    taken: float


LAB_TESTS = {
    "glucose": LabTest(
        ("GLU", "Glucose", "glucose, serum", "Gluc", "BLOOD GLUCOSE"), "mg/dL", 118.0, 28.0, 0, 0.92
    ),
    "creatinine": LabTest(
        ("CREA", "Creatinine", "creatinine, serum", "Cr", "SCr"), "mg/dL", 1.05, 0.25, 2, 0.86
    ),
    "hemoglobin": LabTest(
        ("HGB", "Hemoglobin", "Haemoglobin", "Hb", "hemoglobin, blood"), "g/dL", 13.2, 1.6, 1, 0.80
    ),
    "sodium": LabTest(("NA", "Sodium", "sodium, serum", "Na+", "Serum sodium"), "mEq/L", 138.5, 3.2, 0, 0.74),
    "hba1c": LabTest(
        ("A1C", "HbA1c", "Hemoglobin A1c", "Glycated hemoglobin", "HBA1C %"), "%", 5.7, 0.5, 1, 0.14
    ),
}

TEST = {test: facts.spellings for test, facts in LAB_TESTS.items()}


@dataclass(frozen=True, slots=True)
class Condition:
    """A diagnosis: how often it is seen, by what age, and what it does to the risk of coming back.

    Parameters
    ----------
    code, text : str
        ICD-9-CM code and its description.
    weight : float
        Chronic: the share of people of 60 who have it. Acute: how often it is a reason to come.
    age : float
        What 15 years more of age add to the weight, as a share of it.
    risk : float
        What it adds to the score of readmission when it is the principal diagnosis.
    """

    code: str
    text: str
    weight: float
    age: float
    risk: float


CHRONIC = (
    Condition("401.9", "Unspecified essential hypertension", 0.34, 0.45, -0.05),
    Condition("250.00", "Diabetes mellitus without complication, type II", 0.13, 0.30, 0.10),
    Condition("250.60", "Diabetes with neurological manifestations, type II", 0.05, 0.40, 0.30),
    Condition("250.42", "Diabetes with renal manifestations, type II, uncontrolled", 0.03, 0.40, 0.40),
    Condition("428.0", "Congestive heart failure, unspecified", 0.08, 0.80, 0.60),
    Condition("414.01", "Coronary atherosclerosis of native coronary artery", 0.12, 0.60, 0.20),
    Condition("427.31", "Atrial fibrillation", 0.08, 0.90, 0.20),
    Condition("491.21", "Obstructive chronic bronchitis, with (acute) exacerbation", 0.06, 0.50, 0.50),
    Condition("493.90", "Asthma, unspecified", 0.07, -0.20, 0.10),
    Condition("585.4", "Chronic kidney disease, stage IV", 0.05, 0.70, 0.50),
    Condition("296.20", "Major depressive affective disorder, single episode", 0.07, -0.20, 0.30),
    Condition("303.90", "Other and unspecified alcohol dependence", 0.03, -0.20, 0.40),
    Condition("331.0", "Alzheimer's disease", 0.02, 1.40, 0.20),
    Condition("174.9", "Malignant neoplasm of breast (female), unspecified", 0.02, 0.30, 0.40),
    Condition("162.9", "Malignant neoplasm of bronchus and lung, unspecified", 0.015, 0.50, 0.75),
    Condition("153.9", "Malignant neoplasm of colon, unspecified site", 0.015, 0.50, 0.55),
    Condition("715.96", "Osteoarthrosis, unspecified, lower leg", 0.12, 0.50, -0.35),
    Condition("278.01", "Morbid obesity", 0.06, -0.10, 0.00),
    Condition("285.9", "Anemia, unspecified", 0.07, 0.40, 0.25),
    Condition("244.9", "Unspecified acquired hypothyroidism", 0.07, 0.30, 0.00),
    Condition("V58.61", "Long-term (current) use of anticoagulants", 0.05, 0.70, 0.05),
    Condition("V58.67", "Long-term (current) use of insulin", 0.04, 0.30, 0.10),
)

ACUTE = (
    Condition("486", "Pneumonia, organism unspecified", 9.0, 0.30, 0.20),
    Condition("038.9", "Unspecified septicemia", 5.0, 0.40, 0.40),
    Condition("599.0", "Urinary tract infection, site not specified", 6.0, 0.30, 0.05),
    Condition("584.9", "Acute kidney failure, unspecified", 4.0, 0.50, 0.35),
    Condition("410.71", "Subendocardial infarction, initial episode of care", 4.0, 0.50, 0.25),
    Condition("434.91", "Cerebral artery occlusion, unspecified, with cerebral infarction", 4.0, 0.60, 0.10),
    Condition("820.21", "Fracture of intertrochanteric section of femur, closed", 2.5, 1.00, -0.10),
    Condition("780.2", "Syncope and collapse", 3.5, 0.20, -0.25),
    Condition("786.50", "Chest pain, unspecified", 8.0, 0.00, -0.45),
    Condition("578.9", "Hemorrhage of gastrointestinal tract, unspecified", 3.5, 0.30, 0.15),
    Condition("558.9", "Noninfectious gastroenteritis and colitis, other", 4.0, -0.10, -0.30),
    Condition("540.9", "Acute appendicitis without mention of peritonitis", 3.5, -0.50, -0.55),
    Condition("574.10", "Calculus of gallbladder with other cholecystitis", 4.0, 0.00, -0.40),
    Condition("592.0", "Calculus of kidney", 3.0, -0.20, -0.35),
    Condition("682.6", "Cellulitis and abscess of leg, except foot", 4.0, 0.00, -0.10),
    Condition("276.51", "Dehydration", 3.0, 0.30, 0.10),
    Condition("998.59", "Other postoperative infection", 2.0, 0.00, 0.35),
    Condition("823.80", "Closed fracture of tibia, unspecified part", 3.0, -0.30, -0.50),
    Condition("V57.89", "Care involving other specified rehabilitation procedure", 2.0, 0.40, -0.25),
)

SPECIALTIES = (
    "Internal medicine",
    "Cardiology",
    "General surgery",
    "Family medicine",
    "Orthopedics",
    "Pulmonology",
    "Nephrology",
    "Oncology",
)

PAYERS = (
    ("medicare", "Medicare", "public"),
    ("medicaid", "Arizona Medicaid", "public"),
    ("blue_cross", "Blue Cross Blue Shield of Arizona", "private"),
    ("aetna", "Aetna, Inc.", "private"),
    ("united", "UnitedHealthcare, Inc.", "private"),
    ("self_pay", "Self-pay", "none"),
)

NOTES = (
    "Stable at discharge.",
    "Follow up in 2 weeks, bring list of medications.",
    "Lives alone; daughter visits daily.",
    'Patient states "feeling much better", eager to go home.',
    "Diet: low salt, low sugar. Walks 10 min/day.",
    "Interpreter present.",
    "Wound clean and dry, no drainage.",
    "Declined home services.",
)
