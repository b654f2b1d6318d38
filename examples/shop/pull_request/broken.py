"""make place for an index by customer: breaks the list of a customer's latest orders"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("SET lock_timeout = '2s'")
    op.drop_index("ix_orders_customer_id_placed", "orders")


def downgrade():
    op.create_index("ix_orders_customer_id_placed", "orders", ["customer_id", "placed"])
