"""The events of an import: the same states, before and after that a change over the API records (`ActorState`, `SeatState`)."""

from sqlalchemy import TextClause

from services.registry.imports.sql import statement

EVENTS: tuple[TextClause, ...] = (
    statement(
        """
        INSERT INTO events @event
        SELECT @id(nth), 'actor', CAST(id AS text), CASE WHEN fresh THEN 'actor.registered' ELSE 'actor.changed' END,
               @now, state, state, 'public', ARRAY[CAST(state ->> 'actor_id' AS uuid)], @by,
               CASE WHEN NOT fresh THEN (
                   SELECT jsonb_object_agg(old.key, old.value) FROM jsonb_each(was) AS old WHERE old.value IS DISTINCT FROM stands -> old.key
               ) END,
               CASE WHEN fresh THEN stands ELSE (
                   SELECT jsonb_object_agg(new.key, new.value) FROM jsonb_each(stands) AS new WHERE new.value IS DISTINCT FROM was -> new.key
               ) END
        FROM (
            SELECT a.id, p.nth, p.fresh, made.state, stood.was,
                   CASE WHEN p.fresh THEN @plain(a) || jsonb_build_object(
                       'names', a.names, 'parent_id', made.state -> 'parent_id', 'identifiers', made.state -> 'identifiers'
                   ) ELSE @whole(a) END AS stands
            FROM (
                SELECT actor_id, nth, fresh FROM pending WHERE fresh OR actor_id IN (SELECT actor_id FROM touched)
                UNION ALL
                SELECT actor_id, nth, false FROM orphans WHERE retired
            ) AS p
            JOIN actors AS a ON a.id = p.actor_id
            LEFT JOIN stood ON stood.actor_id = a.id
            LEFT JOIN actor_parents AS tie ON tie.actor_id = a.id AND @current(tie)
            LEFT JOIN LATERAL (
                SELECT jsonb_object_agg(i.scheme, i.value ORDER BY i.id DESC) AS identifiers
                FROM actor_identifiers AS i WHERE i.actor_id = a.id AND @current(i)
            ) AS held ON true
            CROSS JOIN LATERAL (SELECT @plain(a) || @full(a) || jsonb_build_object(
                'actor_id', a.id, 'status', @ofday(a), 'name', a.name, 'names', a.names, 'parent_id', tie.parent_id,
                'identifiers', coalesce(held.identifiers, CAST('{}' AS jsonb))
            )) AS made (state)
            OFFSET 0  -- computed once for each actor, and not for each of its keys
        ) AS recorded
        ORDER BY nth
        """
    ),
    statement(
        """
        INSERT INTO events @event
        SELECT @id(nth), 'seat', CAST(id AS text), CASE WHEN fresh THEN 'seat.created' ELSE 'seat.changed' END,
               @now, state, state, 'public', ARRAY[CAST(state ->> 'actor_id' AS uuid)], @by, was,
               CASE WHEN NOT fresh THEN jsonb_build_object('title', state -> 'title', 'status', state -> 'status') END
        FROM (
            SELECT s.id, w.nth, w.fresh, jsonb_build_object(
                'seat_id', s.id, 'actor_id', s.actor_id, 'role', s.role, 'title', s.title, 'status', s.status) AS state,
                CASE WHEN NOT w.fresh THEN jsonb_build_object('title', w.was, 'status', s.status) END AS was
            FROM seated AS w JOIN seats AS s ON s.id = w.seat_id
            WHERE w.fresh OR s.id IN (SELECT seat_id FROM seats_touched)
        ) AS recorded
        ORDER BY nth
        """
    ),
)
