"""Three whole projects as project files, for the tests that hold the plan against arithmetic written without it."""

SEATS = """
[product]
name = "support desk by the seat"
[plan]
months = 24
discount_rate_per_year = "12%"
tax_rate = "25%"
contingency = "10%"
buffer_months = 3
buffer_usd = 5_000
[customers]
at_start = 40
churn_per_month = "3%"
organic_per_month = 2
word_of_mouth_per_month = "2%"
requests_per_customer = 8_000
seats_per_customer = 6
[[revenue]]
kind = "seat"
usd_per_seat_month = 55
discount = "10%"
payment_days = 45
[[revenue]]
kind = "licence"
usd_per_licence = 500
maintenance_per_year = "20%"
from_month = 4
[[serving]]
by = "own"
usd_per_machine_hour = 0.5
requests_per_second = 0.4
fixed_usd_per_month = 100
usd_per_request = 0.0002
[[marketing]]
channel = "search ads"
usd_per_month = 4_000
usd_per_lead = 50
conversion = "8%"
saturates_at_usd = 20_000
[[marketing]]
channel = "fair"
usd_per_month = 9_000
from_month = 5
to_month = 6
[[team]]
role = "engineer"
count = 2
salary_usd_per_year = 96_000
hiring_usd = 12_000
attrition_per_year = "12%"
ramp_months = 2
[[team]]
role = "support"
salary_usd_per_year = 48_000
loaded = 1.2
from_month = 6
hiring_usd = 5_000
[capital]
cash_usd = 60_000
[[capital.round]]
month = 3
usd = 150_000
[[capital.loan]]
month = 2
usd = 60_000
rate_per_year = "6%"
term_months = 12
grace_months = 3
"""

API_FIRST = """
[product]
name = "api first"
[demand]
requests_per_month = 400_000
growth_per_month = "9%"
price_per_1k_requests = 9
[[revenue]]
kind = "token"
usd_per_1m_input_tokens = 1
usd_per_1m_output_tokens = 4
input_tokens_per_request = 1_500
output_tokens_per_request = 300
payment_days = 30
[[revenue]]
kind = "freemium"
name = "app"
free_users_at_start = 100
new_free_users_per_month = 900
conversion_per_month = "2%"
free_churn_per_month = "10%"
churn_per_month = "5%"
usd_per_customer_month = 15
requests_per_free_user = 20
requests_per_customer = 150
[[revenue]]
kind = "project"
usd = 8_000
month = 3
every_months = 6
[[serving]]
by = "api"
name = "hosted"
input_tokens_per_request = 1_500
output_tokens_per_request = 300
usd_per_1m_input_tokens = 2.5
usd_per_1m_output_tokens = 10
price_falls_per_year = "30%"
[[serving]]
by = "own"
name = "own model"
from_month = 8
usd_per_machine_hour = 4
requests_per_second = 2
utilisation = 0.4
fixed_usd_per_month = 3_000
[[training]]
name = "own model"
gpus = 8
gpu_hours = 9_000
usd_per_gpu_hour = 2.5
failures = "10%"
from_month = 6
every_months = 12
[research]
experiments = 2
evaluation_usd_per_month = 500
evaluation_usd_per_training = 2_000
[[research.dataset]]
name = "labels"
month = 5
licence_usd = 10_000
rows = "20k"
usd_per_row = 0.8
[storage]
gb = 2_000
usd_per_gb_month = 0.05
network_gb_per_month = 300
usd_per_network_gb = 0.09
[[team]]
role = "engineer"
count = 3
salary_usd_per_year = 110_000
[capital]
cash_usd = 900_000
"""

PRETRAINING = """
[product]
name = "seven billion"
[plan]
months = 12
contingency = "15%"
[[training]]
name = "pretraining"
params = "7B"
tokens = "2T"
gpu = "H100-SXM"
gpus = 512
usd_per_gpu_hour = 2.2
gpu_hours = 180_000
failures = "5%"
from_month = 6
months = 2
[research]
evaluation_usd_per_training = 40_000
[[research.dataset]]
licence_usd = 250_000
month = 2
[storage]
gb = "400k"
usd_per_gb_month = 0.023
[[team]]
role = "researcher"
count = 8
salary_usd_per_year = 250_000
[[team]]
role = "engineer"
count = 4
salary_usd_per_year = 180_000
from_month = 4
hiring_usd = 30_000
[capital]
cash_usd = 1_000_000
[[capital.round]]
month = 5
usd = 5_000_000
"""
