"""an index that also serves totals, in place of the old one: nothing is lost"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade():
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '2s'")
        op.execute(
            "CREATE INDEX CONCURRENTLY ix_orders_latest ON orders (customer_id, placed) INCLUDE (total)"
        )
        op.execute("DROP INDEX CONCURRENTLY ix_orders_customer_id_placed")


def downgrade():
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '2s'")
        op.execute("CREATE INDEX CONCURRENTLY ix_orders_customer_id_placed ON orders (customer_id, placed)")
        op.execute("DROP INDEX CONCURRENTLY ix_orders_latest")
