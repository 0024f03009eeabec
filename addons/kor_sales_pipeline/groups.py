"""The groups that this add-on asks for in Python."""

STAFF = "base.group_user"
SELLERS = "kor_sales_pipeline.group_kor_pipeline_user"
MANAGERS = "kor_sales_pipeline.group_kor_pipeline_manager"
