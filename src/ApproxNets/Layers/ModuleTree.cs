using System.Collections;
using System.Reflection;
using static TorchSharp.torch;

namespace ApproxNets.Layers;

/// <summary>
/// Exchanges modules inside a model. TorchSharp keeps a child in three places: the registry of submodules, the parent's
/// field, and for containers a list; all must point to the new module.
/// </summary>
internal static class ModuleTree
{
    /// <summary>All descendants of one kind, with parent and path, in the order of registration.</summary>
    public static List<(nn.Module Parent, string Name, string Path, TModule Module)> Find<TModule>(
        nn.Module root, Predicate<TModule> wanted)
        where TModule : nn.Module
    {
        var found = new List<(nn.Module, string, string, TModule)>();
        Visit(root, "");
        return found;

        void Visit(nn.Module parent, string prefix)
        {
            foreach (var (name, child) in parent.named_children())
            {
                if (child is TModule module && wanted(module))
                {
                    found.Add((parent, name, prefix + name, module));
                }
                else
                {
                    Visit(child, prefix + name + ".");
                }
            }
        }
    }

    /// <summary>Puts a module in the place of another.</summary>
    /// <exception cref="ArgumentException">No field or list of the parent holds the module, or its type does not allow the
    /// new one.</exception>
    public static void Replace(nn.Module parent, string name, string path, nn.Module old, nn.Module replacement)
    {
        bool held = false;
        for (var type = parent.GetType(); type is not null && type != typeof(nn.Module); type = type.BaseType)
        {
            foreach (var field in type.GetFields(
                BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                object? value = field.GetValue(parent);
                if (ReferenceEquals(value, old))
                {
                    if (!field.FieldType.IsInstanceOfType(replacement))
                    {
                        throw new ArgumentException(
                            $"Layer '{path}': found a field of type {field.FieldType.Name} in {type.Name}, "
                            + "expected Module<Tensor, Tensor>, so that the layer can be exchanged.");
                    }

                    field.SetValue(parent, replacement);
                    held = true;
                }
                else if (value is IList list && !list.IsFixedSize && list.IndexOf(old) is >= 0 and int index)
                {
                    list[index] = replacement;
                    held = true;
                }
            }
        }

        if (!held)
        {
            throw new ArgumentException($"Layer '{path}': found no field or list of {parent.GetType().Name} that holds it, expected one.");
        }

        parent.register_module(name, null!);
        parent.register_module(name, replacement);
    }
}
