from . import kor_account_refresh_mixin  # isort: skip
from . import kor_health_reading_mixin  # isort: skip
from . import kor_health_reading_service_mixin  # isort: skip
from . import kor_health_words_mixin  # isort: skip
from . import kor_account_health_mixin  # isort: skip
from . import kor_account_health_view_mixin  # isort: skip
from . import kor_account_follow_mixin  # isort: skip
from . import kor_signal_detect_mixin  # isort: skip
from . import kor_signal_words_mixin  # isort: skip
from . import kor_signal_value_mixin  # isort: skip
from . import kor_renewal_forecast_mixin  # isort: skip
from . import kor_account  # isort: skip
from . import kor_account_overview  # isort: skip
from . import kor_account_survey  # isort: skip
from . import (
    kor_contract,
    kor_health_backtest,
    kor_health_backtest_line,
    kor_health_model,
    kor_health_snapshot,
    kor_health_weight,
    kor_playbook,
    kor_playbook_run,
    kor_renewal,
    kor_signal,
    project_tags,
    project_task,
    res_partner,
    res_users,
)
