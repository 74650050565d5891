"""Names of people and places; some have letters that ASCII lacks."""

from __future__ import annotations

__all__ = ["CITIES", "FAMILY_NAMES", "FEMALE_NAMES", "MALE_NAMES"]

# fmt: off
FEMALE_NAMES = (
    "Maria", "Ana", "Ruth", "Grace", "Helen", "Joyce", "Linda", "Susan", "Karen", "Nancy", "Betty",
    "Carol", "Donna", "Diane", "Alice", "Julia", "Judith", "Zoë", "Chloë", "Renée", "Inés", "Sofía",
    "Elena", "Rosa", "Carmen", "Lucía", "Teresa", "Yolanda", "Aisha", "Fatima", "Mei", "Yuki", "Priya",
    "Anjali", "Ngozi", "Olga", "Irina", "Siân", "Bridget", "Maeve", "Naomi", "Esther", "Miriam",
    "Wilma", "Astrid",
)

MALE_NAMES = (
    "James", "John", "Robert", "Michael", "William", "David", "Richard", "Joseph",
    "Thomas", "Charles", "Daniel", "Paul", "Mark", "Donald", "George", "Kenneth", "Steven", "Edward",
    "Brian", "Ronald", "José", "Luis", "Carlos", "Jesús", "Andrés", "Miguel", "Ángel", "Omar", "Hassan",
    "Wei", "Kenji", "Arjun", "Ravi", "Chidi", "Ivan", "Boris", "Seán", "Liam", "Patrick", "Jürgen",
    "Björn", "Isaac", "Samuel", "Walter", "Otto",
)

FAMILY_NAMES = (
    "Smith", "Johnson", "Williams", "Brown", "Jones", "Garcia", "Miller", "Davis", "Rodriguez",
    "Martínez", "Hernández", "López", "González", "Wilson", "Anderson", "Thomas", "Taylor", "Moore",
    "Jackson", "Martin", "Lee", "Pérez", "Thompson", "White", "Harris", "Sánchez", "Clark", "Ramírez",
    "Lewis", "Robinson", "Walker", "Young", "Allen", "King", "Wright", "Scott", "Torres", "Nguyen",
    "Hill", "Flores", "Green", "Adams", "Nelson", "Baker", "Hall", "Rivera", "Campbell", "Mitchell",
    "Carter", "Roberts", "Begay", "Yazzie", "Tsosie", "Benally", "Nez", "Müller", "Schröder", "Okafor",
    "Kowalski", "Novák", "Petrov", "Kim", "Park", "Chen", "Wang", "Singh", "Patel", "Khan", "Ali",
    "Haddad", "Cohen", "Rossi", "Bianchi", "Dubois", "Lindström",
)
# fmt: on

CITIES = (
    ("Phoenix", "850", 16.0),
    ("Tucson", "857", 5.0),
    ("Mesa", "852", 5.0),
    ("Chandler", "852", 3.0),
    ("Scottsdale", "852", 2.5),
    ("Glendale", "853", 2.5),
    ("Tempe", "852", 2.0),
    ("Peoria", "853", 2.0),
    ("Casa Grande", "851", 1.0),
    ("Lake Havasu City", "864", 1.0),
    ("Flagstaff", "860", 1.0),
    ("Cañon Vista", "853", 0.5),
)
"""City, the first three digits of its postcodes, and its weight."""
