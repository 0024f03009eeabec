from . import (
    kor_account,
    kor_health_backtest,
    kor_health_model,
    kor_health_snapshot,
    kor_health_weight,
    kor_playbook,
    kor_playbook_run,
    kor_renewal,
    kor_signal,
)
