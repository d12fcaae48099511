using System.Globalization;
using Orleans;
using Orleans.Runtime;

namespace Orchestration.Orleans.Hosting;

/// <summary>
/// Looks at the cluster's members while this silo joins, and no longer. Orleans lets it join once it has reached every member that is not known to be dead. Where all were killed at once, nobody is
/// there to say so: this takes out who has been silent for longer than living ones ever are, and says for whom the silo waits.
/// </summary>
/// <param name="members">The members' table of whichever provider.</param>
/// <param name="self">The silo that joins.</param>
/// <param name="options">How long silence is death, and who is told.</param>
/// <param name="buries">Whether it takes members out itself; otherwise something else does.</param>
internal sealed class JoinWatch(IMembershipTable members, SiloAddress self, OrleansOptions options, bool buries) : ILifecycleParticipant<ISiloLifecycle>
{
    /// <summary>A living silo writes that it is alive once in each detection time.</summary>
    public const int SilencesOfTheDead = 3;

    // Signs of life carry the times of the machines that wrote them. Where clocks differ, a living one still writes while it is looked at: one more than once in this many detection times.
    private const int SilencesWatched = 2;

    private readonly Dictionary<SiloAddress, (DateTime Alive, long Since)> _seen = [];

    public void Participate(ISiloLifecycle lifecycle)
    {
        var joined = new CancellationTokenSource();
        var watching = Task.CompletedTask;
        lifecycle.Subscribe(
            nameof(JoinWatch), ServiceLifecycleStage.AfterRuntimeGrainServices,
            _ =>
            {
                watching = Task.Run(() => RunAsync(joined.Token), CancellationToken.None);
                return Task.CompletedTask;
            },
            EndAsync);
        lifecycle.Subscribe(nameof(JoinWatch), ServiceLifecycleStage.Active, _ => EndAsync(CancellationToken.None));

        // Told twice where it joined and then stops, once where it never joined.
        async Task EndAsync(CancellationToken cancellationToken)
        {
            await joined.CancelAsync();
            await watching;
        }
    }

    /// <summary>Looks until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        var begun = options.Time.GetTimestamp();
        var isTold = false;
        try
        {
            while (true)
            {
                try
                {
                    var waitedFor = await LookAsync();
                    if (!isTold && waitedFor.Count > 0 && options.Time.GetElapsedTime(begun) >= options.FailureDetection)
                    {
                        isTold = true;
                        options.Note(string.Create(
                            CultureInfo.InvariantCulture,
                            $"waiting to join the cluster '{options.ClusterId}': not every member answers of {string.Join(", ", waitedFor)}. One that is dead is taken out after {(options.FailureDetection * SilencesOfTheDead).TotalSeconds:0} s of silence. One that lives must be reached from here at this address, its --advertise and --silo-port."));
                    }
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // A provider's own: Orleans reads the same table to join, and what it makes of a failure decides.
                    options.Note($"the members of the cluster '{options.ClusterId}' cannot be looked at: {e.GetType().Name}");
                }

                await Task.Delay(options.FailureDetection / 2, options.Time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Joined.
        }
    }

    // Every version of Orleans and every provider has these two; the names that newer ones would rather see are missing in older ones.
#pragma warning disable CS0618
    private Task<MembershipTableData> ReadAsync() => members.ReadAll();

    private Task<bool> WriteAsync(MembershipEntry member, string etag, TableVersion next) => members.UpdateRow(member, etag, next);
#pragma warning restore CS0618

    /// <summary>Takes out the dead, and tells the addresses of who is to be reached.</summary>
    internal async Task<List<string>> LookAsync()
    {
        List<string> waitedFor = [];
        var table = await ReadAsync();
        foreach (var (member, etag) in table.Members.Select(static pair => (pair.Item1, pair.Item2)))
        {
            // Nobody waits for another that joins, and it writes no sign of life yet.
            if (member.Status != SiloStatus.Active) continue;
            if (!buries || !IsDead(member))
            {
                waitedFor.Add(member.SiloAddress.Endpoint.ToString());
                continue;
            }

            // Each change makes a version of the table, and the next needs that one's: one member a look, and at once again. Where another silo was first, its change is seen then.
            member.Status = SiloStatus.Dead;
            member.AddSuspector(self, options.Time.GetUtcNow().UtcDateTime);
            if (!await WriteAsync(member, etag, table.Version.Next())) continue;
            options.Note($"taken out of the cluster '{options.ClusterId}', as dead: {member.SiloAddress.Endpoint}");
            return await LookAsync();
        }

        return waitedFor;
    }

    private bool IsDead(MembershipEntry member)
    {
        var alive = DateTime.SpecifyKind(member.StartTime > member.IAmAliveTime ? member.StartTime : member.IAmAliveTime, DateTimeKind.Utc);
        if (!_seen.TryGetValue(member.SiloAddress, out var seen) || seen.Alive != alive)
        {
            _seen[member.SiloAddress] = (alive, options.Time.GetTimestamp());
            return false;
        }

        return options.Time.GetElapsedTime(seen.Since) >= options.FailureDetection * SilencesWatched && options.Time.GetUtcNow().UtcDateTime - alive >= options.FailureDetection * SilencesOfTheDead;
    }
}
