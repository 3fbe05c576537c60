using System.Runtime.ExceptionServices;

namespace ApproxNets.Foundation;

/// <summary>Work that falls into independent, numbered units.</summary>
internal interface IUnitWork
{
    /// <summary>Does one unit.</summary>
    void Run(int unit);
}

/// <summary>
/// Shares units of work out to threads of the pool. Unlike <see cref="Parallel"/> it allocates nothing once warm, which a layer
/// of a few microseconds needs; the calling thread takes part, and helpers that have not started by the end are not waited for,
/// so a busy pool cannot stall it.
/// </summary>
internal static class WorkTeam
{
    private const int MaxThreads = 1024;

    /// <summary>Does units 0 .. <paramref name="units"/> - 1, each once, in any order, on at most <paramref name="threads"/> threads.</summary>
    public static void Run<TWork>(int units, int threads, in TWork work)
        where TWork : struct, IUnitWork
    {
        int helpers = Math.Min(Math.Min(threads, MaxThreads), units) - 1;
        if (helpers <= 0)
        {
            TWork alone = work;
            for (int unit = 0; unit < units; unit++)
            {
                alone.Run(unit);
            }

            return;
        }

        // Taken from its place while in use, so that work may itself share out work.
        Team<TWork> team = Team<TWork>.Idle ?? new Team<TWork>();
        Team<TWork>.Idle = null;
        team.RunShared(units, helpers, work);
        Team<TWork>.Idle = team;
    }

    private sealed class Team<TWork> : IThreadPoolWorkItem
        where TWork : struct, IUnitWork
    {
        private const int Seat = 1 << 16;
        private const int Closed = 1 << 30;

        [ThreadStatic]
        public static Team<TWork>? Idle;

        private readonly ManualResetEventSlim _done = new();
        private TWork _work;
        private int _units;
        private int _next;
        private ExceptionDispatchInfo? _failure;

        // Closed, free seats and seated helpers in one word, so that each changes together with the others. Only who is seated
        // touches the fields above; an item that the pool runs late finds no seat, or helps a later run.
        private int _state;

        public void RunShared(int units, int helpers, in TWork work)
        {
            (_work, _units, _next, _failure) = (work, units, -1, null);
            _done.Reset();
            Volatile.Write(ref _state, helpers * Seat);
            for (int i = 0; i < helpers; i++)
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            }

            TakeUnits();
            if (Change(static state => Closed | (state & (Seat - 1))) != Closed)
            {
                _done.Wait();
            }

            _work = default;
            _failure?.Throw();
        }

        void IThreadPoolWorkItem.Execute()
        {
            int state = Volatile.Read(ref _state);
            do
            {
                if ((state & Closed) != 0 || state < Seat)
                {
                    return;
                }
            }
            while (state != (state = Interlocked.CompareExchange(ref _state, state - Seat + 1, state)));

            TakeUnits();
            if (Change(static state => state - 1) == Closed)
            {
                _done.Set();
            }
        }

        private int Change(Func<int, int> change)
        {
            while (true)
            {
                int before = Volatile.Read(ref _state), after = change(before);
                if (Interlocked.CompareExchange(ref _state, after, before) == before)
                {
                    return after;
                }
            }
        }

        private void TakeUnits()
        {
            try
            {
                for (int unit = Interlocked.Increment(ref _next); unit < _units; unit = Interlocked.Increment(ref _next))
                {
                    _work.Run(unit);
                }
            }
            catch (Exception failure)
            {
                _failure = ExceptionDispatchInfo.Capture(failure);
                Volatile.Write(ref _next, int.MaxValue / 2);
            }
        }
    }
}
