using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace Orchestration.Orleans.Grains;

/// <summary>Puts a grain whose key is a silo's address into that silo, and nowhere else.</summary>
[Serializable]
internal sealed class OwnSiloStrategy : PlacementStrategy;

/// <summary>Marks grains that <see cref="OwnSiloStrategy"/> places.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class OwnSiloPlacementAttribute() : PlacementAttribute(new OwnSiloStrategy());

/// <summary>Finds the silo.</summary>
internal sealed class OwnSiloDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var key = target.GrainIdentity.Key.ToString()!;
        foreach (var silo in context.GetCompatibleSilos(target))
        {
            if (silo.ToParsableString() == key) return Task.FromResult(silo);
        }

        throw new OrleansException($"The silo {key} has left the cluster.");
    }
}
