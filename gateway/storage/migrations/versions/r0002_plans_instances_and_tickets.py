"""Plans, instances and tickets."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from beamdesk.gateway.storage.base import UtcDateTime

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "plan",
        sa.Column("id", sa.String(length=63), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("icon", sa.String(length=63), nullable=False),
        sa.Column("broker", sa.String(length=63), nullable=False),
        sa.Column("image", sa.String(length=250), nullable=False),
        sa.Column("flavour", sa.String(length=250), nullable=False),
        sa.Column("cpus", sa.Integer(), nullable=True),
        sa.Column("memory_mib", sa.Integer(), nullable=True),
        sa.Column("preset", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_idempotency_key_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index(op.f("ix_idempotency_key_expires_at"), "idempotency_key", ["expires_at"])

    op.create_table(
        "instance",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("plan_id", sa.String(length=63), nullable=False),
        sa.Column("broker", sa.String(length=63), nullable=False),
        sa.Column("image", sa.String(length=250), nullable=False),
        sa.Column("flavour", sa.String(length=250), nullable=False),
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("screen_mode", sa.String(length=32), nullable=False),
        sa.Column("screen_width", sa.Integer(), nullable=False),
        sa.Column("screen_height", sa.Integer(), nullable=False),
        sa.Column("keyboard", sa.String(length=64), nullable=False),
        sa.Column("desired", sa.String(length=32), nullable=False),
        sa.Column("desired_since", UtcDateTime(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("settled_generation", sa.Integer(), nullable=False),
        sa.Column("reboot_generation", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("state_since", UtcDateTime(), nullable=False),
        sa.Column("operation", sa.String(length=32), nullable=False),
        sa.Column("operation_since", UtcDateTime(), nullable=False),
        sa.Column("making", sa.String(length=32), nullable=False),
        sa.Column("machine_ref", sa.Text(), nullable=True),
        sa.Column("machine_phase", sa.String(length=32), nullable=True),
        sa.Column("machine_sentence", sa.Text(), nullable=False),
        sa.Column("machine_memo", sa.JSON(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=True),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("error_sentence", sa.Text(), nullable=True),
        sa.Column("unreachable", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_instance_owner_id_user")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_instance_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
    )
    op.create_index(op.f("ix_instance_broker_state"), "instance", ["broker", "state"])
    op.create_index(op.f("ix_instance_owner_id_state"), "instance", ["owner_id", "state"])

    op.create_table(
        "instance_history",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("instance_id", sa.String(length=36), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("who", sa.String(length=36), nullable=True),
        sa.Column("what", sa.String(length=64), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=True),
        sa.Column("result", sa.String(length=32), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instance.id"], name=op.f("fk_instance_history_instance_id_instance")
        ),
        sa.ForeignKeyConstraint(["who"], ["user.id"], name=op.f("fk_instance_history_who_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance_history")),
    )
    op.create_index(op.f("ix_instance_history_instance_id_at"), "instance_history", ["instance_id", "at"])

    op.create_table(
        "ticket",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("sign_in", sa.String(length=64), nullable=False),
        sa.Column("instance_id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("stream", sa.String(length=32), nullable=False),
        sa.Column("origin", sa.Text(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instance.id"], name=op.f("fk_ticket_instance_id_instance")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_ticket_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_ticket")),
    )
    op.create_index(op.f("ix_ticket_expires_at"), "ticket", ["expires_at"])
