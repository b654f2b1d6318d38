"""customers and orders"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("customers", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text, nullable=False))
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("customer_id", sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("placed", sa.DateTime, nullable=False),
        sa.Column("total", sa.Numeric, nullable=False),
    )
    op.create_index("ix_orders_customer_id_placed", "orders", ["customer_id", "placed"])


def downgrade():
    op.drop_table("orders")
    op.drop_table("customers")
