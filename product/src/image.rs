//! What every image of the product has, whichever distribution it is of.

use crate::distribution::{Distribution, Product};
use crate::table::{rows::Image, table};

impl Image {
    /// The image of this run's table.
    pub fn of_the_product() -> &'static Self {
        &table().image
    }

    /// The program that starts the server.
    pub fn entrypoint(&self) -> String {
        format!("{}/{}", self.home, self.entrypoint)
    }

    /// The folder whose files are copied over the server's home before it starts.
    pub fn copied_over_the_home(&self) -> String {
        format!("{}/{}", self.home, self.configuration_folder)
    }

    /// The variable that sets Java's heap in the images of a distribution, or in those of any that has none of its own.
    pub fn heap_variable_of(&self, distribution: Option<Distribution>) -> &str {
        let own = distribution.and_then(|one| one.row().heap_variable.as_deref());
        own.unwrap_or(&self.heap_variable)
    }

    /// The variable that is read and whose name means the same as another one, such as `JAVA_OPTS` for `JAVA_OPTIONS`.
    pub fn variable_like(&self, name: &str) -> Option<&str> {
        let means_the_same = |one: &str, other: &str| {
            let has = |group: &Vec<String>, word: &str| group.iter().any(|known| known == word);
            let mut groups = self.same_words.iter();
            one == other || groups.any(|group| has(group, one) && has(group, other))
        };
        let is_alike = |known: &&str| {
            let mut words = name.split('_').zip(known.split('_'));
            name.split('_').count() == known.split('_').count()
                && words.all(|(one, other)| means_the_same(one, other))
        };
        let mut known = self.variables.iter().map(String::as_str);
        known.find(is_alike)
    }

    /// Folders in which the image brings files that a server needs.
    pub fn full_folders(&self, product: Product) -> Vec<String> {
        let home = product.home();
        let own = self.folders.iter().map(|folder| format!("{home}/{folder}"));
        own.chain(self.system_folders.iter().cloned()).collect()
    }
}

impl Product {
    /// The server's home in its image.
    pub fn home(self) -> String {
        let home = &Image::of_the_product().home;
        format!("{home}/{}", self.home_name())
    }

    /// Number of the user to whom its image's files belong.
    pub fn user(self) -> i64 {
        let own = self.distribution.row().users.get(self.release());
        own.copied().unwrap_or(Image::of_the_product().user)
    }

    /// The name of the server's home.
    pub fn home_name(self) -> String {
        format!("{}-{}", self.distribution.pack(), self.release())
    }
}

#[cfg(test)]
mod tests {
    use super::Image;

    #[test]
    fn a_variable_whose_words_mean_the_same_is_recognised_and_another_is_not() {
        let like = |name| Image::of_the_product().variable_like(name);
        assert_eq!(like("JVM_MEM_OPTIONS"), Some("JVM_MEM_OPTS"));
        assert_eq!(like("JAVA_MEMORY_OPTS"), Some("JVM_MEM_OPTS"));
        assert_eq!(like("JVM_ARGS"), Some("JAVA_OPTS"));
        assert_eq!(like("APP_OPTS"), None);
        assert_eq!(like("JAVA_OPTS_OF_MINE"), None);
    }
}
